"use strict";

// Runs TypeScript as it is: `node -r ./scripts/ts.cjs examples/…/main.ts`. Node 20 cannot yet strip
// types itself; swc, which the tests use too, can. Types are not checked here, that is `npm run
// lint`. Worker threads inherit the hook.
const fs = require("node:fs");
const Module = require("node:module");
const path = require("node:path");
const { transformSync } = require("@swc/core");

const root = path.join(__dirname, "..");
const aliases = {
  "lean-optim": path.join(root, "lib", "index.ts"),
  "lean-optim/tfjs": path.join(root, "lib", "adapters", "tfjs.ts"),
};

Module._extensions[".ts"] = (module, filename) => {
  const { code } = transformSync(fs.readFileSync(filename, "utf8"), {
    filename,
    jsc: { parser: { syntax: "typescript" }, target: "es2022" },
    module: { type: "commonjs", ignoreDynamic: true },
    sourceMaps: "inline",
  });
  module._compile(code, filename);
};

const resolve = Module._resolveFilename;
Module._resolveFilename = function (request, parent, ...rest) {
  const fromTypeScript = parent?.filename?.endsWith(".ts");
  if (fromTypeScript && Object.hasOwn(aliases, request)) return aliases[request];
  // Sources import each other by the name of what tsc makes of them.
  if (fromTypeScript && /^\.{1,2}\/.*\.js$/.test(request)) {
    const source = path.resolve(path.dirname(parent.filename), request.replace(/\.js$/, ".ts"));
    if (fs.existsSync(source)) return source;
  }
  return resolve.call(this, request, parent, ...rest);
};

process.setSourceMapsEnabled(true);
