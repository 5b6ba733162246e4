// Accessibility, by axe-core: contrast (AA), names, roles, headings in order.

import fs from 'node:fs';
import { createRequire } from 'node:module';
import { ALLOWED } from './allowed.js';

const source = fs.readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const TAGS = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'];

/**
 * What axe finds in a page, as sentences. Without `whole` only its own text is looked at: what is around it, the table of contents
 * above all, is the same on each page. `rules` are the names of the only rules to apply.
 */
export async function axe(page, { whole = true, rules } = {}) {
  if (!await page.evaluate(() => 'axe' in window)) {
    await page.evaluate(source);
  }
  // Selectors for all that axe has looked at take it half of its time, and are wanted only after it has found something.
  const violations = await run(page, whole, rules, false);
  return violations.length ? sentences(await run(page, whole, rules, true)) : [];
}

function run(page, whole, rules, selectors) {
  return page.evaluate(async ([runOnly, part, named]) => {
    const { violations } = await window.axe.run(part ?? document, { runOnly, preload: false, resultTypes: ['violations'], selectors: named });
    return violations.map(({ id, help, nodes }) => ({
      id, help, nodes: nodes.map((node) => ({ target: node.target?.join(' '), why: node.any[0]?.message ?? '' })),
    }));
  }, [rules ?? TAGS, whole ? undefined : 'main', selectors]);
}

function sentences(violations) {
  return violations.flatMap(({ id, help, nodes }) => nodes
    .filter(({ target }) => !ALLOWED.some((allowed) => allowed.rule === id && allowed.target.test(target)))
    .map(({ target, why }) => `axe ${id}: ${help}: ${target} ${why}`));
}
