// What a network stores, read from its state: a board whose squares are clicked to edit it.
import { EDITED, touched } from "./network.mjs";
import { board, describe, make, write } from "./elements.mjs";

/** A board of squares. ``clicked`` is called where a click has edited something. */
export function memoryBoard(session, kind, clicked) {
  const element = make("div", { class: "holder" });
  const reading = make("p", { class: "reading" });
  let cells = [], worded = null;

  /** In the size of the subject. */
  function build() {
    const { subject } = session;
    const click = index => {
      const edit = subject.click(index, kind.value);
      if (typeof edit === "string") session.heard(edit);
      else {
        session.edit(edit);
        clicked();
      }
    };
    const table = board(subject.columns, subject.rows, subject.boardLabel, click);
    cells = table.cells;
    const heads = make("div", { class: "heads", "aria-hidden": "true" }, ...subject.heads.map(head => make("span", {}, head)));
    heads.style.setProperty("--columns", subject.columns);
    element.replaceChildren(heads, table.table);
    element.style.setProperty("--columns", subject.columns);
    element.style.setProperty("--share", Math.max(subject.columns, subject.rows) / subject.rows);
    worded = null;
  }

  function paint(colours) {
    const { subject, timeline, view, running } = session;
    const step = timeline.steps[view];
    const read = session.basis.read(step.states[EDITED], subject.task.size, view);
    const reached = new Set(timeline.reached(view));
    const edited = new Set(timeline.edits.filter(edit => edit.at === view).flatMap(edit => touched(subject.task, edit)));
    const next = new Set(session.proposes ? touched(subject.task, session.proposed) : []);
    const shown = cells.map((_, index) => subject.cell(index, read, step, view));
    shown.forEach(({ elements, value, kept, wrong }, index) => {
      const cell = cells[index];
      cell.style.background = colours.of(value);
      cell.classList.toggle("nothing", !kept);
      cell.classList.toggle("wrong", wrong);
      cell.classList.toggle("reached", kept && elements.some(i => reached.has(i)));
      cell.classList.toggle("edited", elements.some(i => edited.has(i)));
      cell.classList.toggle("next", elements.some(i => next.has(i)));
    });
    const still = !running || edited.size > 0;
    if (still && worded !== step.states[EDITED]) { // words only where there is time to hear them
      shown.forEach(({ text, title }, index) => {
        describe(cells[index], text);
        cells[index].title = title;
      });
      worded = step.states[EDITED];
    }
    write(reading, subject.reading(shown, read, view));
  }

  return { element, reading, build, paint };
}
