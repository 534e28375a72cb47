/** What an assignment's cells import, from `angular-loss-kit/dist/course`: nothing here loads an engine or native code. */
export * as reference from '../losses/reference/index.js';
export { SeededRandom } from '../seeded-random.js';
export { pairedDifference } from '../statistics/paired-difference.js';
export { check, judgeAnswers } from './check.js';
