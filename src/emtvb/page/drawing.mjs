// Colours of numbers, and a pen for canvases.
import { sign } from "./network.mjs";

/** Colours of signed values in the present scheme, from the style sheet. */
export function palette(root) {
  const style = getComputedStyle(root);
  const named = name => style.getPropertyValue(name).trim();
  const [plus, minus, zero, none] = ["--plus", "--minus", "--zero", "--none"].map(name => named(name).split(" ").map(Number));
  const css = rgb => `rgb(${rgb.map(Math.round).join(" ")})`;
  const of = value => {
    if (Number.isNaN(value)) return css(none);
    const part = Math.min(Math.abs(value), 1), end = value >= 0 ? plus : minus;
    return css(zero.map((from, i) => from + part * (end[i] - from)));
  };
  return { of, text: named("--text"), faint: named("--faint"), line: named("--line"), back: named("--card"), mark: named("--mark") };
}

/** A canvas's pen, at the screen's own resolution, of so many CSS pixels. */
export function pen(canvas, width, height) {
  const ratio = globalThis.devicePixelRatio || 1;
  const [w, h] = [Math.round(width * ratio), Math.round(height * ratio)];
  if (canvas.width !== w || canvas.height !== h) {
    canvas.width = w;
    canvas.height = h;
    canvas.style.width = `${width}px`;
    canvas.style.height = `${height}px`;
  }
  const context = canvas.getContext("2d");
  context.setTransform(ratio, 0, 0, ratio, 0, 0);
  context.clearRect(0, 0, width, height);
  context.font = "11px system-ui, sans-serif";
  return context;
}

/** A cross over a rectangle, which can be seen on every colour. */
export function cross(context, colours, x, y, w, h) {
  const size = Math.min(w, h);
  for (const [colour, width] of [[colours.text, Math.max(2.4, size / 4)], [colours.back, Math.max(1.2, size / 8)]]) {
    context.strokeStyle = colour;
    context.lineWidth = width;
    context.beginPath();
    context.moveTo(x + w * 0.15, y + h * 0.15);
    context.lineTo(x + w * 0.85, y + h * 0.85);
    context.moveTo(x + w * 0.85, y + h * 0.15);
    context.lineTo(x + w * 0.15, y + h * 0.85);
    context.stroke();
  }
}

/** A vector in signs, a dot where there is no number. */
export const spellSigns = vector => [...vector].map(value => (Number.isNaN(value) ? "." : sign(value) > 0 ? "+" : "-")).join("");
