export { setEvaluationThreads } from './evaluation-threads.js';
