export { Aliases } from "./aliases";
export { type Case, Consumer, casesOf, type Reliance, type Use } from "./consumer";
export { descriptionOf, type Example, examplesOf, type Given, type Parameters, subjectIn } from "./examples";
export { allPacts, type Pact, readPact } from "./folder";
export { type PlayedServices, playServices } from "./played-services";
export { type Provider, pactsWith, type Scene, type State, verify } from "./provider";
export { testProvider } from "./provider-tests";
