// Verifier logs: each part explains itself by mouse, tap and keyboard, within the window.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { axe } from '../support/axe.js';

const PAGE = 'ch2/hello-map.html';
const LONGEST = 'ch6/read-the-log.html';
const nullable = 'code.log .log-register:has-text("map_value_or_null(id=2")';
const said = (page) => page.locator('#log-words').innerText();

export function logs(book) {
  describe('verifier logs', { concurrency: 4 }, () => {
    test('by mouse: shown on the part, goes when the mouse goes', () => book.visit(PAGE, async (page) => {
      const part = page.locator(nullable).first();
      await part.hover();
      await page.locator('#log-words').waitFor();
      assert.match(await said(page), /a map’s value of 8 bytes, or NULL/i);
      assert.match(await said(page), /id=2 ties it to other copies of itself/);
      assert.equal(await part.getAttribute('aria-describedby'), 'log-words');
      assert.deepEqual(await axe(page), [], 'with an explanation open');
      // The mouse may go into the explanation, to select a word of it.
      await page.locator('#log-words').hover();
      await page.waitForTimeout(400);
      assert.ok(await page.locator('#log-words').isVisible());
      await page.locator('h1').last().hover();
      await page.locator('#log-words').waitFor({ state: 'hidden' });
      assert.deepEqual(page.problems, []);
    }));

    test('by tap: shown, another one shown, closed by a tap elsewhere', () => book.visit(PAGE, async (page) => {
      await page.locator('code.log .log-error').first().tap();
      assert.match(await said(page), /R0 was last shown as map_value_or_null/);
      await page.locator('code.log .log-opcode:visible').last().tap();
      assert.match(await said(page), /Operation code 0x/);
      await page.locator('main h2').last().tap();
      assert.ok(await page.locator('#log-words').isHidden());
    }, { window: 'phone-dark' }));

    test('by keyboard: one stop for each log, arrow keys within it, Escape closes', () => book.visit(PAGE, async (page) => {
      const stops = await page.locator('code.log').evaluateAll((all) => all.map((log) => log.querySelectorAll('[tabindex="0"]').length + (log.tabIndex === 0 ? 1 : 0)));
      assert.ok(stops.length > 1 && stops.every((count) => count === 1), `stops of the logs: ${stops}`);
      const text = () => page.evaluate(() => document.activeElement.textContent);
      const line = () => page.evaluate(() => Math.round(document.activeElement.getBoundingClientRect().top + scrollY));
      await page.locator('code.log [tabindex="0"]').first().focus();
      const first = await text();
      assert.ok(await page.locator('#log-words').isVisible());
      await page.keyboard.press('ArrowRight');
      await page.keyboard.press('ArrowRight');
      assert.equal(await text(), 'R1=ctx(off=0,imm=0)');
      assert.match(await said(page), /The context/);
      const before = await line();
      await page.keyboard.press('ArrowDown');
      assert.ok(await line() > before, 'one line further down');
      await page.keyboard.press('ArrowUp');
      assert.equal(await line(), before);
      await page.keyboard.press('End');
      assert.match(await text(), /^mark_read \d+$/);
      await page.keyboard.press('Home');
      assert.equal(await text(), first);
      await page.keyboard.press('ArrowLeft');
      assert.equal(await text(), first, 'there is none before the first');
      await page.keyboard.press('Escape');
      assert.ok(await page.locator('#log-words').isHidden());
      await page.keyboard.press('Enter');
      assert.ok(await page.locator('#log-words').isVisible());
      await page.keyboard.press('Tab');
      assert.ok(await page.locator('#log-words').isHidden());
      assert.match(page.url(), /hello-map/, 'the arrow keys have not turned the page');
    }));

    for (const window of ['desktop-light', 'phone-light']) {
      test(`no explanation leaves the window, ${window}`, () => book.visit(LONGEST, async (page) => {
        const outside = await page.evaluate(async () => {
          const found = [];
          document.querySelectorAll('details').forEach((details) => { details.open = true; });
          const spans = [...document.querySelectorAll('code.log > .log-part')].filter((span) => span.checkVisibility());
          const chosen = spans.filter((span, at) => at % 7 === 0 || /log-(error|branch|slot|references)/.test(span.className));
          for (const span of chosen) {
            span.focus();
            await new Promise(requestAnimationFrame);
            const box = document.getElementById('log-words')?.getBoundingClientRect() ?? { width: 0 };
            const shown = box.width > 0;
            if (!shown || box.left < 0 || box.top < 0 || box.right > document.documentElement.clientWidth || box.bottom > innerHeight) {
              found.push(`${span.textContent}: ${shown ? JSON.stringify(box) : 'not shown'}`);
            }
          }
          return chosen.length > 20 ? found : ['too few parts'];
        });
        assert.deepEqual(outside, []);
      }, { window }));
    }

    test('what a search has found stays marked', () => book.visit(`${PAGE}?highlight=map_value_or_null`, async (page) => {
      assert.ok(await page.locator('code.log .log-register mark').count() > 0);
      assert.deepEqual(page.problems, []);
    }));
  });
}
