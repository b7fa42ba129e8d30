// One project per kind of test, so that each can run alone: npm run test:unit, test:contract, test:workflow, test:e2e.
const swc = [
  '@swc/jest',
  { jsc: { parser: { syntax: 'typescript' }, target: 'es2022' }, module: { type: 'commonjs' }, sourceMaps: 'inline' },
];
const project = (displayName, extra = {}) => ({
  displayName,
  testMatch: [`<rootDir>/test/${displayName}/**/*.test.ts`],
  transform: { '\\.[cm]?ts$': swc },
  testEnvironment: 'node',
  ...extra,
});
const servers = {
  globalSetup: '<rootDir>/test/support/startServers.mjs',
  globalTeardown: '<rootDir>/test/support/stopServers.mjs',
};

module.exports = {
  testTimeout: 60_000,
  // Suites wait for servers and clocks more than they compute.
  maxWorkers: 3,
  projects: [
    project('unit'),
    project('contract', servers),
    project('workflow', servers),
    project('replay'),
    project('e2e', servers),
    project('chaos', servers),
  ],
};
