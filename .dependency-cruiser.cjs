/** The way of the data, left to right: a room may import from the rooms named for it, and from itself. */
const plain = ['types', 'files', 'backends', 'geometry'];
const allowed = {
  types: [],
  files: [],
  geometry: [],
  backends: ['types', 'files'],
  losses: plain,
  mining: plain,
  datasets: plain,
  models: plain,
  evaluation: plain,
  statistics: [],
  features: [...plain, 'datasets', 'models'],
  training: [...plain, 'losses', 'mining', 'models', 'datasets', 'evaluation'],
  experiments: [...plain, 'losses', 'mining', 'models', 'datasets', 'features', 'evaluation', 'training'],
  sweeps: [...plain, 'datasets', 'experiments'],
  report: [...plain, 'datasets', 'evaluation', 'experiments', 'statistics'],
  lab: [...plain, 'report'],
  site: [...plain, 'experiments', 'report', 'lab'],
  course: [...plain, 'losses', 'statistics', 'experiments', 'report', 'lab'],
};

/** What stands at the root of src and every room may use. */
const ROOT = 'kit-error|seeded-random';

module.exports = {
  forbidden: [
    { name: 'no-circular', severity: 'error', from: {}, to: { circular: true, viaOnly: { dependencyTypesNot: ['type-only'] } } },
    ...Object.entries(allowed).map(([room, rooms]) => ({
      name: `${room}-imports-only-what-comes-before`,
      severity: 'error',
      from: { path: `^src/${room}/` },
      to: { path: '^src/', pathNot: `^src/((${[room, ...rooms].join('|')})/|(${ROOT})\\.ts$)` },
    })),
  ],
  options: { tsPreCompilationDeps: true, tsConfig: { fileName: 'tsconfig.json' }, doNotFollow: { path: 'node_modules' } },
};
