// node pdfjs.mjs MODULES PDF DPI OUT: pdf.js draws the pages of PDF into OUT, as 1.png and so on, and says in JSON what
// it read on each (getTextContent) and what it had to warn of.
import { readFile, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { join } from "node:path";
import { pathToFileURL } from "node:url";

const [modules, pdf, dpi, out] = process.argv.slice(2);
const require = createRequire(join(modules, "package.json"));
process.getBuiltinModule ??= require; // Debian 12 has Node 18, which lacks it
const warnings = [];
for (const kind of ["log", "info", "warn", "error"]) {
  console[kind] = (...words) => warnings.push(words.join(" "));
}

const { getDocument, VerbosityLevel } = await import(pathToFileURL(require.resolve("pdfjs-dist/legacy/build/pdf.mjs")));
const data = new Uint8Array(await readFile(pdf));
const opened = await getDocument({ data, verbosity: VerbosityLevel.WARNINGS, stopAtErrors: true }).promise;
const texts = [];
for (let number = 1; number <= opened.numPages; number += 1) {
  const page = await opened.getPage(number);
  const viewport = page.getViewport({ scale: dpi / 72 });
  const { canvas } = opened.canvasFactory.create(viewport.width, viewport.height);
  await page.render({ canvas, viewport }).promise;
  await writeFile(join(out, `${number}.png`), canvas.toBuffer("image/png"));
  const { items } = await page.getTextContent();
  texts.push(items.map((item) => item.str + (item.hasEOL ? "\n" : "")).join(""));
}
process.stdout.write(JSON.stringify({ texts, warnings }));
