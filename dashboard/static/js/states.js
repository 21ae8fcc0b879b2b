// What the page says of the states of runs and jobs; common/wire/stages.py has them.
const facts = JSON.parse(document.body.dataset.states);

export const isOver = state => facts.over.includes(state);
export const isFailed = state => facts.failed.includes(state);
export const signOf = state => facts.signs[state] ?? "";

// The one of several states that stands for all.
export const worstOf = states => facts.ranked.find(state => states.includes(state)) ?? states[0];
