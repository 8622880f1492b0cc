// The network's gain, which a slider changes; and whether what it stores then lasts.
import { button, make, write } from "./elements.mjs";
import { END, WINDOW } from "./lasting.mjs";

const WAIT = 150; // milliseconds without a change, until it is asked again whether it lasts
const WAITING = "It runs on …";
const ANSWERS = {
  lasts: "Yes, it lasts",
  wrong: "Held, but wrong: it keeps bits, but not those that it should",
  lost: "No, it is lost",
  unknown: "No; whether it holds other bits would take longer to tell",
};

/** ``found``: where it is said what was found of all networks, as the address of a page. */
export function gains(session, found) {
  const slider = make("input", { type: "range", step: 0.01, class: "gain",
    input: () => session.amplify(Number(slider.value)), change: () => session.settle({ push: true }) });
  const value = make("span", { class: "clock" });
  const mark = make("span", { class: "own", "aria-hidden": "true" }, "as trained");
  const back = button("As trained", () => {
    session.amplify(session.subject.network.gain);
    session.settle({ push: true });
  }, "trained");
  const answer = make("p", { class: "answer", "aria-live": "polite" });
  let asked = null, timer; // nothing yet, which is not what it stores while it reads

  function build() {
    const { gains: between, network: { gain } } = session.subject;
    if (!between) return;
    const [least, most] = between;
    [slider.min, slider.max] = between;
    mark.style.setProperty("--at", (gain - least) / (most - least));
  }

  function paint() {
    if (!session.subject.gains) return;
    const { gain } = session, { gain: own } = session.subject.network;
    slider.value = (gain ?? own).toFixed(2);
    const words = gain === undefined ? `${own.toFixed(2)}, as trained` : `${gain.toFixed(2)}, trained ${own.toFixed(2)}`;
    write(value, words);
    slider.setAttribute("aria-valuetext", words);
    back.disabled = gain === undefined;
    const content = session.content?.state;
    if (content === asked) return;
    asked = content;
    clearTimeout(timer);
    write(answer, content ? WAITING : "It is reading its input.");
    if (content) timer = setTimeout(() => write(answer, spell(session.lasting())), WAIT);
  }

  const spell = ({ right, verdict }) =>
    `${ANSWERS[verdict]}. In the last ${WINDOW} of ${END.toLocaleString("en")} output steps ${(100 * right).toFixed(1)}% of the bits are right.`;

  return {
    build, paint,
    end: () => clearTimeout(timer),
    elements: [
      make("div", { class: "buttons" }, make("label", { class: "time" }, "Strength of its feedback (gain) ", make("span", { class: "scale" }, slider, mark)), value, back),
      answer,
      make("p", { class: "hint" }, "Gain: how much a small state grows in a step, in the long run (below 1 it fades). To change it, W_hh is multiplied by a factor. " +
        "A bit is right if its output has the right sign and at least a tenth of its usual size. What was found of all networks is in ",
        found ? make("a", { href: found }, "docs/memory.md") : "docs/memory.md", "."),
    ],
  };
}
