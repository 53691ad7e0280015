import { resolve } from "node:path";

const root = resolve(import.meta.dirname, "../..");

export const kBinary = resolve(root, process.env.SLUICE_BINARY ?? "build/release/sluice");
export const kLakehouse = process.env.SLUICE_LAKEHOUSE ?? `${root}/build/e2e/demo`;
export const kTables = `${kLakehouse}/tables`;
// Screenshots that people look at: docs/images has copies of some.
export const kPictures = `${root}/build/e2e/pictures`;
export const kPython = `${root}/.deps/venv/bin/python`;
