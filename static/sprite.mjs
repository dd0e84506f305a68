/*
 * Prints one SVG with a <symbol> for each {{ icon "NAME" }} in the templates, from Lucide's icons (ISC), and
 * our own mark. Colour and width of the strokes are app.css's.
 *
 * usage: node static/sprite.mjs
 */
import { readdirSync, readFileSync } from 'node:fs';

const lucide = JSON.parse(readFileSync('node_modules/@iconify-json/lucide/icons.json', 'utf8'));
const own = { mark: readFileSync('static/icon.svg', 'utf8') };
const names = new Set();
for (const file of readdirSync('templates').filter((name) => name.endsWith('.html')).sort())
  for (const [, name] of readFileSync(`templates/${file}`, 'utf8').matchAll(/\{\{ icon "([^"]*)" \}\}/g)) names.add(name);

function symbol(name) {
  const mark = own[name]?.match(/<path[^>]*\/>/)?.[0].replace(/fill="[^"]*"/, 'fill="currentColor"');
  const body = mark ?? lucide.icons[name]?.body.replace(/ (fill="none"|stroke(-linecap|-linejoin|-width)?="[^"]*")/g, '');
  if (!body) throw new Error(`no icon "${name}" in Lucide`);
  return `<symbol id="${name}" viewBox="0 0 24 24">${body}</symbol>`;
}

console.log(`<svg xmlns="http://www.w3.org/2000/svg">${[...names].sort().map(symbol).join('')}</svg>`);
