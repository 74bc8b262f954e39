// Travel time from near (light) to far (dark): one sequence from green to deep
// blue whose lightness falls steadily, so that it survives colour blindness and
// grey printing. Rows by the number of classes.
const ramps: Record<number, string[]> = {
  1: ['#62b8a8'],
  2: ['#9bd6b4', '#2b3f80'],
  3: ['#a2dab6', '#45a0a8', '#2b3a7d'],
  4: ['#a9ddb7', '#5cb7aa', '#2c82a3', '#2b357a'],
  5: ['#b4e1ba', '#79c8b1', '#45a5ab', '#2b749f', '#2a3176'],
  6: ['#bde5bf', '#8dd2b5', '#5fb8ae', '#3b96aa', '#2b689a', '#292e72'],
};

/** Colours of the classes between thresholds, the last for what lies beyond. */
export function classColours(thresholds: number): string[] {
  const n = Math.min(Math.max(thresholds + 1, 1), 6);
  const ramp = ramps[n]!;
  return Array.from({ length: thresholds + 1 }, (_, i) => ramp[Math.min(i, n - 1)]!);
}

/** For cells no road leads from, and cells too far from any road: hatches, no hue. */
export const unreachableInk = '#6b6259';
export const offNetworkInk = '#9a9186';
