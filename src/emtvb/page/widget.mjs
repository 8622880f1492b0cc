// The view in a notebook: an anywidget module. What the browser cannot run itself it asks the kernel for.
import { Remote } from "./network.mjs";
import { mount } from "./view.mjs";

function render({ model, el }) {
  const waiting = new Map();
  let asked = 0;
  const ask = question => new Promise((resolve, reject) => {
    waiting.set(++asked, { resolve, reject });
    model.send({ ...question, number: asked });
  });
  const hear = ({ number, answer, error }) => {
    const { resolve, reject } = waiting.get(number) ?? {};
    waiting.delete(number);
    if (error) reject?.(new Error(error));
    else resolve?.(answer);
  };
  model.on("msg:custom", hear);
  const networks = model.get("networks");
  const elsewhere = networks.filter(network => network.elsewhere);
  const view = mount(el, {
    networks,
    first: model.get("first"),
    ask,
    systems: Object.fromEntries(elsewhere.map(network => [network.id, new Remote(network, ask)])),
    said(state) {
      model.set("state", JSON.parse(JSON.stringify(state)));
      model.save_changes();
    },
  });
  el.emtvb = view;
  return () => {
    view.end();
    model.off("msg:custom", hear);
  };
}

export default { render };
