// Elements of the document, and a table of buttons.

/** An element: attributes by name, functions as listeners, the rest are its children. */
export function make(tag, given = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(given)) {
    if (typeof value === "function") element.addEventListener(name, value);
    else if (value === true) element.setAttribute(name, "");
    else if (value !== false && value !== undefined) element.setAttribute(name, value);
  }
  element.append(...children);
  return element;
}

/** A push button. */
export const button = (text, click, name) => make("button", { type: "button", class: name, click }, text);

/** Give an element a text, an attribute, only where it is another: what is written anew is read out anew. */
export function write(element, text) {
  if (element.textContent !== text) element.textContent = text;
}
export function describe(element, text) {
  if (element.getAttribute("aria-label") !== text) element.setAttribute("aria-label", text);
}

/** A table of buttons through which one goes with the arrow keys; only one of them is in the order of tabs. */
export function board(columns, rows, label, act) {
  const cells = [];
  const table = make("div", { class: "board", role: "group", "aria-label": label });
  table.style.setProperty("--columns", columns);
  const reach = index => cells.forEach((cell, i) => (cell.tabIndex = i === index ? 0 : -1));
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++) {
      const index = column * rows + row;
      const cell = make("button", { type: "button", tabindex: index ? -1 : 0 });
      cell.addEventListener("keydown", event => {
        const by = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }[event.key];
        if (!by) return;
        event.preventDefault();
        const [x, y] = [column + by[0], row + by[1]];
        if (x < 0 || x >= columns || y < 0 || y >= rows) return;
        reach(x * rows + y);
        cells[x * rows + y].focus();
      });
      cell.addEventListener("focus", () => reach(index));
      cell.addEventListener("click", event => act(index, event));
      cells[index] = cell;
      table.append(cell);
    }
  }
  return { table, cells };
}
