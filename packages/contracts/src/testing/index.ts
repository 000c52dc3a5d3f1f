export { golden } from "../golden";
export { type Asked, type InMemory, inMemory, type Origin } from "./in-memory";
export { UnlawfulMessage } from "./lawful";
export type { Provider } from "./script";
