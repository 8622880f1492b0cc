// What is chosen, how far it has run, and what was done to it. It knows nothing of the document but its frames.
import { Elman, Timeline, EDITED, UNEDITED, RANDOM, FUTURE } from "./network.mjs";
import { AMPLITUDES, Bound, Labelled } from "./subjects.mjs";
import { Streamed } from "./streams.mjs";
import { outcome, usualSize } from "./lasting.mjs";

const PAUSE = 1.2; // seconds that an edit can be seen before the network goes on

/** The subject of a network that content.py or widget.py describes. */
const subjectOf = network => (network.variables ? new Labelled(network) : network.lengths ? new Streamed(network) : new Bound(network));

/** A network that another program runs is handed over as a system; the others run here, with the gain that is asked of them. */
const systemOf = (network, systems, gain) => systems[network.id] ?? new Elman(network, gain === undefined ? 1 : gain / network.gain);

/**
 * One network at a time: subject, basis, inputs and timeline; the step that is seen is ``view``.
 *
 * networks, first, open, said, systems, ask: as view.mjs has them. heard: is given a sentence to say. built: is called
 * where there is another subject. painted: is called where anything changed that is seen. calm: whether nothing is to move by itself.
 */
export class Session {
  view = 0; // the step that is seen
  running = false;
  rate = () => 8; // steps a second
  seed = 0; // of random pushes
  amplitude = 1; // what inputs are multiplied with
  gain = undefined; // that W_hh is given; as it was trained
  proposed = null; // the edit that is about to be made, where the page opened before it
  #position = 0; // where it has come to, between steps while it runs; ahead of the timeline while a system has not answered
  #pause = 0; // seconds until it goes on
  #frame = null;
  #time = null;
  #ended = false;
  #quiet = false;

  constructor(networks, { first, systems, ask, said, heard, built, painted, calm }) {
    this.networks = networks;
    Object.assign(this, { first, systems, ask, said, heard, built, painted, calm });
    this.byId = new Map(networks.map(network => [network.id, network]));
  }

  // What is chosen.

  /** Another network or basis. The inputs, edits and step stay where the task has the same size. */
  choose(id, basisName) {
    const { subject: before, timeline, view } = this;
    this.#take(id, basisName);
    const { subject } = this;
    const fits = before?.shape !== undefined && before.shape === subject.shape;
    if (!fits) this.running = false;
    if (fits) this.begin(timeline.edits, view);
    else {
      this.inputs = subject.inputs;
      this.begin([], subject.begins);
    }
    this.#tell({ push: true });
  }

  #take(id, basisName) {
    const network = this.byId.get(id);
    const basis = network.bases.find(({ name }) => name === basisName) ?? network.bases[0];
    if (this.subject?.network !== network) {
      this.subject = subjectOf(network);
      this.gain = undefined;
    }
    this.basisName = basis.name;
    this.basis = this.subject.basis(basis);
    this.built(basis);
  }

  /** Another of the recorded trials. */
  pick(trial) {
    this.subject.pick(trial);
    this.inputs = this.subject.inputs;
    this.running = false;
    this.begin([], this.view);
    this.#tell();
  }

  /** Other vectors to store. */
  store(inputs, words, how) {
    const why = this.subject.refusal(inputs);
    if (why) return this.heard(why);
    this.inputs = inputs.map(vector => [...vector]);
    this.begin(this.timeline.edits, this.view);
    if (words) this.heard(words);
    this.#tell(how);
  }

  /** The same vectors, larger or smaller. */
  scale(amplitude) {
    this.amplitude = amplitude;
    this.begin(this.timeline.edits, this.view);
    this.heard(`All inputs are multiplied with ${amplitude}; all of it was computed anew.`);
    this.#tell({ push: true });
  }

  /** The same network with W_hh of another gain, from the first step on; near its own, just as it was trained. */
  amplify(gain) {
    this.#tune(gain);
    this.begin(this.timeline.edits, this.view, this.proposed);
    this.heard(`W_hh has ${this.gain === undefined ? "its own gain" : `a gain of ${gain.toFixed(2)}`}; all of it was computed anew.`);
  }

  /** Take a gain, in hundredths; those of its own are its own. */
  #tune(gain) {
    const own = this.subject.network.gain;
    this.gain = gain.toFixed(2) === own.toFixed(2) ? undefined : Number(gain.toFixed(2));
  }

  /** Compute anew, with these edits, up to a step; what is proposed is an edit that is about to be made. */
  begin(edits, step, proposed = null) {
    const { subject, systems, seed } = this;
    this.timeline = new Timeline(systemOf(subject.network, systems, this.gain), subject.task, this.basis, subject.sequence(this.inputs, this.amplitude),
      { edits, seed, phase: subject.phase, ahead: systems[subject.network.id] ? Math.max(25, subject.phase) : 1 });
    this.proposed = proposed;
    this.#position = Math.min(step, subject.most);
    this.#pursue();
    this.painted();
  }

  // Running.

  /** The last step that it runs to by itself: so many after the last edit. */
  get limit() {
    const { timeline, subject } = this;
    return Math.min(timeline.edits.length ? timeline.lastEdit + FUTURE : subject.most, subject.most);
  }

  /** Go on from what is seen, with the edit that is proposed of it; at the end, start over shortly before the first edit. */
  run() {
    const { subject, timeline } = this;
    if (this.proposes) return this.edit(this.proposed);
    if (this.view >= this.limit) {
      this.#position = timeline.edits.length ? Math.max(timeline.parted - subject.phase, subject.phase) : 0;
      this.heard(timeline.edits.length ? "It starts over, shortly before the edit." : "It starts over.");
    } else this.#position = this.view;
    this.#start();
  }

  #start() {
    this.running = true;
    this.#time = null;
    this.#pursue();
    this.painted();
    this.#wake();
  }

  /** Whether the step that is seen is that of the edit that is about to be made. */
  get proposes() {
    return this.proposed?.at === this.view && !this.running;
  }

  /** See the end of a run at once. */
  #finish() {
    this.#position = this.limit;
    this.#pursue();
    this.#tell();
    this.painted();
  }

  stop() {
    this.running = false;
    this.#pause = 0;
    this.#position = this.view;
    this.#tell();
    this.painted();
  }

  /** See the next step. */
  step() {
    if (this.running) this.stop();
    if (this.view >= this.subject.most) return this.heard("That is the last step.");
    this.#position = this.view + 1;
    this.#pursue();
    if (this.view === this.#position) this.heard(this.#outcome());
    this.#tell();
    this.painted();
  }

  /** See a step that it has come to. */
  look(step) {
    this.running = false;
    this.#position = Math.min(step, this.timeline.now);
    this.#pursue();
    this.painted();
  }

  /** What is seen is to be said by the address: it was chosen. */
  settle(how) {
    this.#tell(how);
  }

  /** Back to before any input, without edits. */
  restart() {
    this.running = false;
    this.begin([], 0);
    this.heard("Nothing is stored yet. Press Run.");
    this.#tell({ push: true });
  }

  /** How far it is between two steps, for what moves. */
  get fraction() {
    return this.running && !this.calm() && this.rate() <= 8 && this.view === this.timeline.now ? Math.max(0, this.#position - this.view) % 1 : 0;
  }

  #wake() {
    if (this.#frame === null && !this.#ended) this.#frame = requestAnimationFrame(time => this.#beat(time));
  }

  #beat(time) {
    this.#frame = null;
    if (this.#ended) return;
    const elapsed = this.#time === null ? 0 : Math.min((time - this.#time) / 1000, 0.25);
    this.#time = time;
    if (this.running) this.#advance(elapsed);
    this.#pursue();
    if (this.running && this.view >= this.limit) {
      this.stop();
      this.heard(this.tally());
    } else this.painted();
    if (this.running) this.#wake();
  }

  /** Time goes on; at a step that was edited it stands still for a while. */
  #advance(elapsed) {
    if (this.#pause > 0) return (this.#pause -= elapsed);
    const from = this.#position;
    this.#position = Math.min(from + elapsed * this.rate(), this.limit, this.timeline.now + 30);
    const edited = this.timeline.edits.map(edit => edit.at).filter(at => from < at && at <= this.#position);
    if (edited.length) {
      this.#position = Math.min(...edited);
      this.#pause = PAUSE;
    }
  }

  /** Compute as far as it has come, as far as the system has answered, and see that. */
  #pursue() {
    const { timeline } = this;
    const wanted = Math.floor(this.#position);
    while (timeline.now < wanted) if (!timeline.advance()) break;
    this.view = Math.min(wanted, timeline.now);
    if (timeline.failed) {
      this.running = false;
      this.#position = this.view;
      this.heard(`The network failed: ${timeline.failed.message}.`);
    } else if (timeline.now < wanted) this.#wake();
  }

  // Changing what it stores.

  /** Edit what is seen, {kind, what, value}: it stands still for a moment, then runs on. What came later is forgotten. */
  edit(given) {
    const { view, subject, timeline } = this;
    if (subject.waits(view)) return this.heard(`It still reads its input: ${subject.waits(view)} more steps, then it can be edited.`);
    if (view < 1) return this.heard("Let it run first.");
    const edit = { ...given, at: view };
    try {
      timeline.edit(edit);
    } catch (error) {
      if (!(error instanceof RangeError)) throw error;
      return this.heard(`Not done: ${error.message}.`);
    }
    this.proposed = null;
    if (subject.recorded) this.#foresee().catch(error => this.heard(`What should follow is not known: ${error.message}.`));
    this.heard(`At ${subject.clock(view)}: ${subject.words(edit)}.`);
    this.#position = view;
    this.#pause = PAUSE;
    this.#tell({ push: true });
    if (view >= this.limit) this.painted();
    else if (this.calm()) this.#finish();
    else this.#start();
  }

  /** Ask what should follow the last edit, of a user's own variables. */
  async #foresee() {
    const { timeline, subject } = this;
    const at = timeline.lastEdit;
    subject.future = null;
    const values = [...timeline.steps[at].m].map(value => (Number.isNaN(value) ? null : value));
    const vectors = await this.ask({ what: "expect", network: subject.network.id, trial: subject.trial, at, values });
    if (timeline !== this.timeline || timeline.lastEdit !== at) return;
    subject.future = { at, vectors };
    timeline.expect(at, vectors);
    this.painted();
  }

  undo() {
    this.begin([], this.view);
    this.heard("No edits.");
    this.#tell({ push: true });
  }

  /** Push the third network in another random direction. */
  again() {
    this.seed += 1;
    this.begin(this.timeline.edits, this.view);
    this.heard("Pushed in another random direction.");
    this.#tell();
  }

  // Whether it lasts.

  /** What is stored at the step that is seen, since the last edit or the end of the input; null while it reads that. */
  get content() {
    const { timeline, view, subject } = this;
    if (!subject.gains || view < subject.phase) return null;
    const at = Math.max(subject.phase, ...timeline.edits.map(edit => edit.at).filter(at => at <= view));
    const { states, m } = timeline.steps[at];
    return { state: states[EDITED], m, at: at - subject.phase };
  }

  /** What becomes of it in the long run, as lasting.mjs has it. */
  lasting() {
    const { subject, timeline, content, inputs } = this;
    const usual = usualSize(new Elman(subject.network), subject.sequence(inputs, 1));
    return outcome(timeline.system, subject.task, content, usual);
  }

  // Words.

  /** Whether an edit's outcome can be counted: outputs that it should change have come, or none will. */
  get counts() {
    const { timeline, view, running } = this;
    if (!(timeline.parted < view)) return false;
    const { of, changing } = timeline.share(EDITED, view);
    return changing > 0 || (of > 0 && !running && view >= this.limit);
  }

  /** How many of the outputs that an edit should change did change as they should, in one sentence; "" before there are any. */
  tally() {
    const { timeline, view } = this;
    if (!this.counts) return "";
    const [edited, left, random] = [EDITED, UNEDITED, RANDOM].map(name => timeline.share(name, view));
    const stay = edited.of - edited.changing;
    if (!edited.changing) return `No output should change; ${edited.follows} of ${stay} are as they should be.`;
    return `${edited.changed} of ${edited.changing} outputs that should change did; left alone ${left.changed} of ${left.changing}; at random ${random.changed} of ${random.changing}.`;
  }

  /** What the step that is seen gave out. */
  #outcome() {
    const { subject, timeline, view } = this;
    const { outputs, expected, otherwise } = timeline.steps[view];
    if (!outputs || subject.reads(view)) return `${subject.clock(view)}.`;
    const fits = expected ? (subject.wrong(outputs[EDITED], expected, otherwise).length ? ", not what should follow" : ", as it should") : "";
    return `${subject.clock(view)}: ${subject.spell(outputs[EDITED])}${fits}.`;
  }

  // The address.

  /** What is seen, as an address says it. */
  state() {
    const { subject, basisName, inputs, timeline, seed } = this;
    const { step, ...rest } = subject.state(inputs, timeline.edits, Math.floor(this.#position));
    const basis = subject.recorded ? undefined : basisName;
    return { net: subject.network.id, basis, ...rest, step: this.proposes ? undefined : step, random: seed || undefined, amplitude: this.amplitude === 1 ? undefined : this.amplitude, gain: this.gain?.toFixed(2) };
  }

  #tell(how = {}) {
    if (!this.#quiet) this.said(this.state(), how);
  }

  /** Go to what an address says; what it does not say is as at the beginning. With ``play`` it runs on from there. */
  go(fragment, { play = false, words = "", push = false } = {}) {
    this.#quiet = true;
    this.running = false;
    this.#pause = 0;
    const given = { ...this.first, ...fragment };
    const id = this.byId.has(given.net) ? given.net : this.networks[0].id;
    const faults = given.net && id !== given.net ? [`there is no network ${given.net} here`] : [];
    this.seed = Number(given.random) || 0;
    this.amplitude = AMPLITUDES.includes(Number(given.amplitude)) ? Number(given.amplitude) : 1;
    this.subject = undefined;
    this.#take(id, given.basis);
    const [least, most] = this.subject.gains ?? [];
    if (given.gain >= least && given.gain <= most) this.#tune(Number(given.gain));
    else if (given.gain !== undefined) faults.push(`no gain ${given.gain} of this network`);
    const { inputs, edits = [], step, faults: others, opens } = this.subject.read(given);
    faults.push(...others);
    this.inputs = inputs;
    this.begin(edits, opens ? opens.at : step, opens);
    this.#quiet = false;
    if (faults.length) this.heard(`Not all of the address could be used: ${faults.join("; ")}.`);
    else this.heard(opens ? "It stands still before an edit: click the marked square, or press Edit and run." : words);
    this.#tell({ push });
    if (!play) return;
    if (this.calm()) return this.#finish();
    this.#pause = PAUSE;
    this.#start();
  }

  end() {
    this.#ended = true;
    if (this.#frame !== null) cancelAnimationFrame(this.#frame);
  }
}
