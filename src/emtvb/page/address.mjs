// What the page's address says, as text: net, basis, input, edit, step, random. A link to it opens what was seen.

/** An edit as the address writes it, 20:flip:3.2, with output steps; and back. */
export const editText = ({ at, kind, what, value }, s) => [at - s, kind, what, ...(value ? [value] : [])].join(":");
export function readEdit(text, s) {
  const [at, kind, what, value] = text.split(":");
  return { at: Number(at) + s, kind, what, value };
}

/** The parts of an address's fragment by name. */
export function readFragment(text) {
  const parts = {};
  for (const part of text.replace(/^#/, "").split("&")) {
    const [name, value] = [part.slice(0, part.indexOf("=")), part.slice(part.indexOf("=") + 1)];
    if (!name) continue;
    try {
      parts[name] = decodeURIComponent(value);
    } catch {
      parts[name] = value; // a lone %: as it stands
    }
  }
  return parts;
}

/** The fragment of these parts; those that are undefined or empty are left out. */
export const writeFragment = parts =>
  "#" + Object.entries(parts).filter(([, value]) => value !== undefined && value !== "").map(([name, value]) =>
    `${name}=${encodeURI(value).replace(/[#&]/g, encodeURIComponent)}`).join("&");

/** Vectors of signs as a hexadecimal number: a binary digit an element, vector by vector, 1 for plus; and back. */
export function inputText(vectors) {
  const bits = vectors.flat().map(value => (value > 0 ? "1" : "0")).join("");
  return (bits.padEnd(Math.ceil(bits.length / 4) * 4, "0").match(/.{4}/g) ?? [])
    .map(four => parseInt(four, 2).toString(16)).join("");
}
export function readInput(text, s, d) {
  if (!/^[0-9a-f]+$/i.test(text) || text.length !== Math.ceil((s * d) / 4)) throw new RangeError(`input ${text} is none`);
  const bits = [...text].map(digit => parseInt(digit, 16).toString(2).padStart(4, "0")).join("");
  return Array.from({ length: s }, (_, i) => Array.from({ length: d }, (_, k) => (bits[i * d + k] === "1" ? 1 : -1)));
}
