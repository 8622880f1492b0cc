// What follows: the outputs of the theory and of three networks, a strip each, step by step.
import { EDITED, FUTURE, RANDOM, UNEDITED } from "./network.mjs";
import { cross, pen } from "./drawing.mjs";
import { describe, make, write } from "./elements.mjs";

const STRIPS = [
  ["theory", "Theory, after the edit"], [EDITED, "Network, edited"],
  [UNEDITED, "Network, left alone"], [RANDOM, "Network, pushed at random"],
];
const BEFORE = 12; // steps before the edit that are seen
const SPANS = [2 * BEFORE, 4 * BEFORE, BEFORE + FUTURE + 2]; // steps that a strip has room for: the fewest that hold what is seen
const HEAD = 13; // pixels for the word over the edit's line

export function strips(session) {
  const rows = STRIPS.map(([name, title]) => {
    const canvas = make("canvas", { role: "img" });
    const count = make("span", { class: "count" });
    const element = make("div", { class: `row ${name}` }, make("div", { class: "name" }, make("strong", {}, title), " ", count), canvas);
    return { name, title, canvas, count, element };
  });
  const element = make("div", { class: "strips" }, ...rows.map(row => row.element));

  /** The steps that fit: from shortly before the first edit, or else the last ones. */
  function span(width) {
    const { timeline, view } = session;
    const most = Math.min(Math.floor(width / 3), SPANS.at(-1));
    const start = Number.isFinite(timeline.parted) ? timeline.parted - BEFORE + 1 : timeline.now - 2 * BEFORE + 1;
    const begin = Math.max(1, Math.min(start, view));
    const count = Math.min(SPANS.find(span => span > view - begin) ?? most, most);
    return { from: Math.max(begin, view - count + 1), count, cell: width / count };
  }

  function paint(colours) {
    const width = Math.max(rows[0].canvas.parentElement.clientWidth, 200);
    const { d } = session.subject.network;
    const place = span(width);
    const tall = (width < 500 ? 48 : 66) / d;
    for (const row of rows) {
      const top = row.name === "theory" ? HEAD : 0;
      const context = pen(row.canvas, width, top + tall * d);
      context.strokeStyle = colours.line;
      context.strokeRect(0.5, top + 0.5, width - 1, tall * d - 1); // room for what is still to come
      paintOutputs(context, colours, row, place, top, tall);
      paintMoments(context, colours, row, place, top + tall * d, width);
      say(row, place.from);
    }
  }

  function paintOutputs(context, colours, { name }, { from, count, cell }, top, tall) {
    const { subject, timeline, view } = session;
    const scale = subject.network.scale ?? 1, gap = cell > 5 ? 0.6 : 0;
    for (let k = from; k < from + count && k <= view; k++) {
      const x = (k - from) * cell, { expected, otherwise, outputs } = timeline.steps[k];
      const reads = subject.reads(k);
      const vector = reads ? timeline.inputAt(k) : name === "theory" ? expected : outputs[name];
      if (!vector) continue; // nobody said what should follow
      context.globalAlpha = reads ? 0.35 : 1;
      for (let j = 0; j < vector.length; j++) {
        context.fillStyle = colours.of(vector[j] / scale);
        context.fillRect(x, top + j * tall, cell - gap, tall - 0.6);
      }
      context.globalAlpha = 1;
      if (reads || !expected) continue;
      if (name === "theory") {
        context.strokeStyle = colours.mark;
        context.lineWidth = cell > 12 ? 2.5 : 1.5;
        for (const [j, high] of subject.changing(expected, otherwise)) context.strokeRect(x + 0.5, top + j * tall + 0.5, cell - 1, tall * high - 1);
      } else for (const [j, high] of subject.wrong(vector, expected, otherwise)) cross(context, colours, x, top + j * tall, cell, tall * high);
    }
  }

  /** The edits, between the step that was edited and the next; and where a network first does not follow. */
  function paintMoments(context, colours, { name }, { from, cell }, bottom, width) {
    const { timeline, view } = session;
    context.strokeStyle = context.fillStyle = colours.mark;
    context.lineWidth = 2;
    for (const { at } of timeline.edits) {
      if (at < from || at > view) continue;
      const x = (at - from + 1) * cell - 0.25, late = x > width - 30;
      context.beginPath();
      context.moveTo(x, 0);
      context.lineTo(x, bottom);
      context.stroke();
      if (name !== "theory") continue;
      context.textAlign = late ? "right" : "left";
      context.textBaseline = "top";
      context.fillText("edit", x + (late ? -4 : 4), 0);
    }
    const first = name === "theory" || !(timeline.parted < view) ? null : timeline.share(name, view).first;
    if (!first || first < from) return;
    const x = (first - from + 0.5) * cell;
    context.beginPath();
    context.moveTo(x - 5, 0);
    context.lineTo(x + 5, 0);
    context.lineTo(x, 6);
    context.fill();
  }

  /** What is counted of a strip; and the strip in words, while it stands still. */
  function say({ name, title, canvas, count }, from) {
    const { timeline, view, subject, running } = session;
    if (name === "theory") {
      write(count, timeline.parted < view ? "boxes: what the edit of the marked square should change" : `no edit yet; from step ${Math.max(from - subject.phase, 0)}`);
      if (!running) describe(canvas, `${title}: ${spell(k => timeline.steps[k].expected)}`);
      return;
    }
    const share = timeline.share(name, view);
    const words = session.counts ? counted(share) : "";
    write(count, words);
    const parts = share.first ? `, parts at step ${share.first - subject.phase}` : "";
    if (!running) describe(canvas, `${title}${words && ": "}${words}${parts}. ${spell(k => timeline.steps[k].outputs[name])}`);
  }

  function counted({ follows, of, changed, changing }) {
    const stay = `${follows - changed} of ${of - changing} stayed`;
    return changing ? `${changed} of ${changing} changed as they should, ${stay}` : stay;
  }

  /** The last outputs in words. */
  function spell(vectorAt) {
    const { view, subject } = session;
    const last = Array.from({ length: Math.min(8, Math.max(view - subject.phase, 0)) }, (_, i) => vectorAt(view - i))
      .reverse().map(vector => (vector ? subject.spell(vector) : "unknown"));
    return last.length ? `The last ${last.length}: ${last.join(", ")}` : "No output yet";
  }

  return { element, paint };
}
