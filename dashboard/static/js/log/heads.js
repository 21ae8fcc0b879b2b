// The head of a fold: one step, or some that ran side by side and whose lines are mixed.
const SIGNS = { success: "✓", failure: "✕", error: "!", canceled: "⊘", running: "◐" };

// A row of the log; with `element` that one is brought up to date.
export function head(fold, element = make()) {
  const look = [fold.first, fold.open, fold.state, fold.text, fold.took].join();
  if (element.look === look) return element;
  element.look = look;
  fill(element, fold);
  return element;
}

export function make(tag = "li") {
  const element = document.createElement(tag);
  const button = Object.assign(document.createElement("button"), { type: "button", className: "fold", tabIndex: -1 });
  const took = Object.assign(document.createElement("span"), { className: "took num" });
  const word = Object.assign(document.createElement("span"), { className: "said" });
  element.append(button, Object.assign(document.createElement("span"), { className: "only" }), word, took);
  return element;
}

function fill(element, fold) {
  const [button, only, word, took] = element.children;
  element.className = `step ${fold.state}`;
  button.dataset.fold = fold.first;
  button.setAttribute("aria-expanded", fold.open);
  button.textContent = fold.text;
  button.title = fold.text;
  only.replaceChildren(...(fold.steps.length > 1 ? fold.steps.map(filter) : []));
  word.textContent = fold.state;
  took.textContent = `${SIGNS[fold.state] ?? ""} ${fold.took}`;
}

function filter(step) {
  const button = Object.assign(document.createElement("button"), { type: "button", tabIndex: -1, title: step.name, textContent: `step:${step.number}` });
  button.dataset.only = step.number;
  return button;
}
