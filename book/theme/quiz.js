// Quizzes: how many of a page's questions are answered, in words that a screen reader says, too.
// Without this script the answers open as well, and say whether they are right (quiz.css).
{
    const quizzes = [...document.querySelectorAll('.quiz')];
    const answered = (quiz) => quiz.querySelector(':scope > details.answer').open;

    function status() {
        const line = document.createElement('p');
        line.className = 'quiz-status';
        line.setAttribute('role', 'status');
        quizzes.at(-1).after(line);
        return line;
    }

    function watch(line) {
        quizzes.forEach((quiz, number) => {
            const question = quiz.querySelector(':scope > p');
            question.id ||= `question-${number + 1}`;
            quiz.setAttribute('role', 'group');
            quiz.setAttribute('aria-labelledby', question.id);
            for (const choice of quiz.querySelectorAll(':scope > details')) {
                choice.addEventListener('toggle', () => {
                    const right = choice.classList.contains('answer');
                    const verdict = !choice.open ? '' : right ? 'Right. ' : 'Not right. ';
                    line.textContent = `${verdict}${quizzes.filter(answered).length} of ${quizzes.length} questions answered.`;
                });
            }
        });
    }

    // The whole book on one page has too many questions to be counted.
    if (quizzes.length > 0 && quizzes.length < 20) {
        watch(status());
    }
}
