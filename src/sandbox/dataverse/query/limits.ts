/** The most rows of one page, and the most that a count says. */
export const MOST_ROWS = 5000;
