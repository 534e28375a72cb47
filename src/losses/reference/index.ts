export { angular } from './angular.js';
export { angularHinge } from './angular-hinge.js';
export { contrastive } from './contrastive.js';
export { liftedStructure } from './lifted-structure.js';
export { nPair } from './n-pair.js';
export { nPairAngular } from './n-pair-angular.js';
export { triplet } from './triplet.js';
export { tripletHinge } from './triplet-hinge.js';
