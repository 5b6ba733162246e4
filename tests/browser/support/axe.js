// Accessibility, by axe-core: contrast (AA), names, roles, headings in order.

import fs from 'node:fs';
import { createRequire } from 'node:module';
import { ALLOWED } from './allowed.js';

const source = fs.readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const TAGS = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'];

/**
 * What axe finds in a page, as sentences. Without `whole` only its own text is looked at: what is around it, the table of contents
 * above all, is the same on each page.
 */
export async function axe(page, { whole = true } = {}) {
  if (!await page.evaluate(() => 'axe' in window)) {
    await page.evaluate(source);
  }
  const violations = await page.evaluate(async ([tags, part]) => {
    const found = await window.axe.run(part ?? document, { runOnly: tags, preload: false, resultTypes: ['violations'] });
    return found.violations.map(({ id, help, nodes }) => ({
      id, help, nodes: nodes.map((node) => ({ target: node.target.join(' '), why: node.any[0]?.message ?? '' })),
    }));
  }, [TAGS, whole ? undefined : 'main']);
  return violations.flatMap(({ id, help, nodes }) => nodes
    .filter(({ target }) => !ALLOWED.some((allowed) => allowed.rule === id && allowed.target.test(target)))
    .map(({ target, why }) => `axe ${id}: ${help}: ${target} ${why}`));
}
