// The book as `labrunner book` serves it: its pages know what the learner has done.

import assert from 'node:assert/strict';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import { axe } from '../support/axe.js';
import { layout } from '../support/layout.js';
import { root } from '../support/place.js';
import { served as start } from '../support/served.js';

const PROGRAM = process.env.LABRUNNER ?? path.join(root, 'target/release/labrunner');
const PAGE = 'ch2/hello-map.html';
// What another machine would export.
const PASSED = 'version = 1\n[labs."ch2 hello-map"]\npassed = 1750000000\nlast = "pass"\nexercises = ["getppid"]\n';

const note = (page) => page.locator('main .served-note');
const mark = (page, name) => page.locator(`#mdbook-sidebar a[href$="${name}"] .served-mark`);

export function served(book) {
  describe('served by labrunner book', () => {
    let server;
    before(async () => { server = await start(PROGRAM); });
    after(() => server?.stop());

    test('a lab’s page shows what the learner has done, and changes with it', () => book.visit(PAGE, async (page) => {
      await note(page).waitFor();
      assert.equal(await note(page).innerText(), 'Not run yet. 0 of 2 exercises solved.');
      assert.equal(await mark(page, PAGE).count(), 0);
      await page.evaluate(() => { window.notLoadedAgain = true; });
      server.takeOver(PASSED);
      await page.waitForFunction(() => document.querySelector('main .served-note').textContent === 'Passed. 1 of 2 exercises solved.');
      assert.ok(await page.evaluate(() => window.notLoadedAgain));
      assert.equal(await mark(page, PAGE).innerText(), '✓');
      assert.match(await mark(page, PAGE).getAttribute('aria-label'), /passed/i);
      assert.equal(await note(page).getAttribute('role'), 'status');
      assert.deepEqual([...page.problems, ...await layout(page), ...await axe(page)], []);
    }, { at: server.address }));

    for (const window of ['phone-light', 'phone-dark']) {
      test(`and so does that of another language, ${window}`, () => book.visit(`ko/${PAGE}`, async (page) => {
        await note(page).waitFor();
        assert.match(await note(page).innerText(), /1 of 2 exercises solved/);
        assert.deepEqual([...page.problems, ...await layout(page), ...await axe(page)], []);
      }, { at: server.address, window }));
    }

    test('the first page says how many labs are passed', () => book.visit('index.html', async (page) => {
      await note(page).waitFor();
      assert.match(await note(page).innerText(), /^1 of \d+ labs passed/);
      assert.deepEqual(page.problems, []);
    }, { at: server.address }));
  });
}
