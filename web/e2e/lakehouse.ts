// e2e/lakehouse.ts -- the tables that the tests share: those of `sluice demo`, made once.
import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";
import { kBinary, kLakehouse } from "./places";

export default function makeLakehouse() {
  if (existsSync(`${kLakehouse}/tables/orders/_delta_log`)) return;
  execFileSync(kBinary, ["demo", "--once", "--dir", kLakehouse, "--port", "0"], {
    stdio: "ignore",
  });
}
