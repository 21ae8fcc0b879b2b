// Rules for the pages' scripts and for the tests of these scripts. tests/harness/eslint pins ESLint and the packages below.
import { createRequire } from "node:module";

// `import` does not look where NODE_PATH says that the packages are; `require` does.
const load = createRequire(import.meta.url);
const js = load("@eslint/js");
const globals = load("globals");

const STRICT = {
  eqeqeq: "error", "no-var": "error", "prefer-const": ["error", { destructuring: "all" }], "no-unused-vars": "error",
  "no-eval": "error", "no-implied-eval": "error", "no-new-func": "error", "no-throw-literal": "error",
  "no-else-return": "error", "object-shorthand": "error", "prefer-template": "error", "array-callback-return": "error",
};
// Text from people and logs is never parsed as HTML.
const NO_HTML = ["error", ...["innerHTML", "outerHTML", "insertAdjacentHTML", "write"].map(property => ({ property, message: "Set textContent or append nodes." }))];

export default [
  { ignores: ["**/node_modules/", "examples/", "repositories/", ".continuum/"] },
  js.configs.recommended,
  { rules: STRICT, linterOptions: { reportUnusedDisableDirectives: "error" } },
  { files: ["dashboard/static/js/**"], languageOptions: { globals: globals.browser }, rules: { "no-restricted-properties": NO_HTML, "no-console": "error", "no-alert": "error" } },
  { files: ["dashboard/static/js/worker.js"], languageOptions: { globals: globals.worker } },
  { files: ["dashboard/static/js/log/ansi.js"], rules: { "no-control-regex": "off" } },      // control characters are its subject
  { files: ["tests/**", "eslint.config.mjs"], languageOptions: { globals: { ...globals.node, ...globals.browser } } },
];
