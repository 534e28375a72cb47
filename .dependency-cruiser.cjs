/** The way of the data, left to right: a room may import from the rooms named for it, and from itself. */
const allowed = {
  types: [],
  runtime: ['types'],
  geometry: ['types', 'runtime'],
  losses: ['types', 'runtime', 'geometry'],
  mining: ['types', 'runtime', 'geometry'],
  datasets: ['types', 'runtime'],
  models: ['types', 'runtime'],
  evaluation: ['types', 'runtime'],
  features: ['types', 'runtime', 'datasets', 'models'],
  training: ['types', 'runtime', 'losses', 'mining', 'models', 'datasets', 'evaluation'],
  experiments: [
    'types',
    'runtime',
    'losses',
    'mining',
    'models',
    'datasets',
    'features',
    'evaluation',
    'training',
  ],
  report: ['types', 'runtime', 'geometry', 'datasets', 'evaluation', 'experiments'],
};

module.exports = {
  forbidden: [
    { name: 'no-circular', severity: 'error', from: {}, to: { circular: true, viaOnly: { dependencyTypesNot: ['type-only'] } } },
    ...Object.entries(allowed).map(([room, rooms]) => ({
      name: `${room}-imports-only-what-comes-before`,
      severity: 'error',
      from: { path: `^src/${room}/` },
      to: { path: '^src/', pathNot: `^src/(${[room, ...rooms].join('|')})/` },
    })),
  ],
  options: { tsPreCompilationDeps: true, tsConfig: { fileName: 'tsconfig.json' }, doNotFollow: { path: 'node_modules' } },
};
