/** How much a run does. Times are seconds. */
export interface Plan {
  storm: {
    apis: number;
    workers: number;
    jobs: number;
    /** Some jobs and kills may miss their aim: so many must not. */
    leastJobs: number;
    leastDeaths: number;
    /** SIGKILLs from outside, and deaths at each crash point. */
    kills: number;
    deathsAtEachPoint: number;
    /** SIGSTOPs, of up to so long. */
    stops: number;
    longestStopSeconds: number;
    /** Each mode of failing of each of the five services, so often. */
    roundsOfOutages: number;
    longestOutageSeconds: number;
    /** Times that Redis loses all it holds. */
    flushes: number;
    /** How long everything may take to come to rest once all is healed. */
    drainSeconds: number;
  };
  silence: { jobs: number; seconds: number };
  interleavings: number;
  webhooks: number;
}

/** What every change runs. */
export const SHORT: Plan = {
  storm: {
    apis: 2,
    workers: 3,
    jobs: 120,
    leastJobs: 100,
    leastDeaths: 35,
    kills: 15,
    deathsAtEachPoint: 1,
    stops: 4,
    longestStopSeconds: 6,
    roundsOfOutages: 1,
    longestOutageSeconds: 2,
    flushes: 2,
    drainSeconds: 240,
  },
  silence: { jobs: 40, seconds: 40 },
  interleavings: 400,
  webhooks: 600,
};

/** What is run by hand. */
export const LONG: Plan = {
  storm: {
    apis: 2,
    workers: 3,
    jobs: 2_200,
    leastJobs: 2_000,
    leastDeaths: 200,
    kills: 120,
    deathsAtEachPoint: 4,
    stops: 30,
    longestStopSeconds: 20,
    roundsOfOutages: 3,
    longestOutageSeconds: 8,
    flushes: 10,
    drainSeconds: 420,
  },
  silence: { jobs: 300, seconds: 600 },
  interleavings: 5_000,
  webhooks: 10_000,
};
