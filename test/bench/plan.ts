/** How long the bench measures. */
export interface Plan {
  /** Passes of each comparison of servers. */
  passes: number;
  roundSeconds: number;
  /** Sizes of the stored files, ascending, and the passes of each. */
  storeMebibytes: number[];
  storePasses: number;
  /** Jobs whose way to the end is timed. */
  jobs: number;
  /** Passes of each comparison of films. */
  compilePasses: number;
}

export const FULL: Plan = {
  passes: 20,
  roundSeconds: 2,
  storeMebibytes: [256, 1024],
  storePasses: 4,
  jobs: 100,
  compilePasses: 20,
};
export const QUICK: Plan = {
  passes: 4,
  roundSeconds: 1,
  storeMebibytes: [256],
  storePasses: 1,
  jobs: 20,
  compilePasses: 5,
};
