// Checks JSON texts against the TypeScript types of a package.
import ts from 'typescript';

const OPTIONS = {
  strict: true,
  noEmit: true,
  skipLibCheck: true,
  types: [],
  lib: ['lib.es2022.d.ts'],
  target: ts.ScriptTarget.ES2022,
  module: ts.ModuleKind.ESNext,
  moduleResolution: ts.ModuleResolutionKind.Bundler,
};

// What is wrong with `bodies` (JSON texts) as values of the type `name`, which
// `declaration` declares or imports: messages of the compiler, none where all is well.
export function typeErrors(declaration, name, bodies) {
  const path = new URL('checked.ts', import.meta.url).pathname;
  const source = [declaration, 'export const bodies: ' + name + '[] = [', bodies.join(',\n'), '];'].join('\n');
  const host = ts.createCompilerHost(OPTIONS);
  const { getSourceFile, fileExists } = host;
  host.fileExists = (file) => file === path || fileExists.call(host, file);
  host.getSourceFile = (file, ...rest) => (file === path
    ? ts.createSourceFile(file, source, OPTIONS.target)
    : getSourceFile.call(host, file, ...rest));
  const program = ts.createProgram([path], OPTIONS, host);
  return ts.getPreEmitDiagnostics(program)
    .map((diagnostic) => ts.flattenDiagnosticMessageText(diagnostic.messageText, '\n'));
}
