// What axe finds in pages made by mdBook that no style and no script of ours can mend, each with its reason.
// Empty is best.

export const ALLOWED = [
  // { rule: 'name-of-the-rule', target: /part of the selector/, reason: 'why it cannot be mended' },
];
