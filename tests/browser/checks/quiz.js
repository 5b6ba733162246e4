// Quizzes: each answer says whether it is right, and why, for all readers.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';

export function quiz(book) {
  const pages = book.pagesWith(/class="quiz"/);

  describe('quizzes', { concurrency: 4 }, () => {
    test('each question has one right answer, and each answer an explanation', async () => {
      assert.ok(pages.length > 8, `pages with a quiz: ${pages}`);
      for (const name of pages) {
        const found = await book.glance(name, (page) => page.locator('.quiz').evaluateAll((all) => all.map((box) => {
          const choices = [...box.querySelectorAll(':scope > details')];
          return {
            question: box.querySelector(':scope > p')?.textContent,
            right: choices.filter((choice) => choice.classList.contains('answer')).length,
            bare: choices.filter((choice) => choice.textContent.trim().length < choice.querySelector('summary').textContent.trim().length + 20).length,
            choices: choices.length,
          };
        })));
        for (const { question, right, bare, choices } of found) {
          assert.ok(question && choices > 1 && right === 1 && bare === 0, `${name}: ${question}: ${right} right of ${choices}, ${bare} without a reason`);
        }
      }
    });

    for (const window of ['desktop-light', 'phone-dark']) {
      test(`to answer, ${window}`, () => book.visit('ch2/index.html', async (page) => {
        const box = page.locator('.quiz').first();
        const status = page.locator('.quiz-status');
        const sign = (choice) => choice.locator('summary').evaluate((summary) => getComputedStyle(summary, '::before').content);
        const wrong = box.locator('details:not(.answer)').first();
        assert.match(await sign(wrong), /○/);
        await wrong.locator('summary').click();
        assert.match(await sign(wrong), /✗.*Not right/);
        assert.ok(await wrong.locator('p').last().isVisible());
        const count = await page.locator('.quiz').count();
        await page.waitForFunction((text) => document.querySelector('.quiz-status').textContent === text, `Not right. 0 of ${count} questions answered.`);
        const right = box.locator('details.answer');
        await right.locator('summary').focus();
        await page.keyboard.press('Enter');
        assert.match(await sign(right), /✓.*Right/);
        await page.waitForFunction((text) => document.querySelector('.quiz-status').textContent === text, `Right. 1 of ${count} questions answered.`);
        assert.equal(await status.getAttribute('role'), 'status');
        assert.deepEqual(page.problems, []);
      }, { window }));
    }
  });
}
