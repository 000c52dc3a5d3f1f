export { type SourceFile, sourceFiles } from "./source-files";
