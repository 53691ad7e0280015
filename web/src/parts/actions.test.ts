import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { actionNames, actionsNamed, actionText } from "./actions";

const read = (path: string) => readFileSync(`../${path}`, "utf8");
const all = (text: string, pattern: RegExp) => [...text.matchAll(pattern)].map((found) => found[1]);

// Of the catalog, by its description; of the sharing protocol, by the table of their names.
const kServers = [
  ...all(read("api/unity.yaml"), /^\s+operationId: (\w+)$/gm),
  ...all(read("src/server/auditor.cc"), /"(deltaSharing\w+|generate\w+)"/g),
  ...all(read("src/audit/file_log.cc"), /OwnEvent\("(\w+)"/g),
  ...all(read("src/audit/denial_watch.cc"), /action = "(\w+)"/g),
  ...all(read("src/server/import_command.cc"), /action = "(\w+)"/g),
  ...all(read("src/server/data_commands.cc"), /action = "(\w+)"/g),
  ...all(read("src/server/move_command.cc"), /action = "(\w+)"/g),
];

describe("the actions of the audit log", () => {
  it("all have words", () => {
    expect(kServers.length).toBeGreaterThan(130);
    expect(kServers.filter((name) => name && !actionNames().includes(name))).toEqual([]);
  });

  it("are all of the server", () => {
    expect(actionNames().filter((name) => !kServers.includes(name))).toEqual([]);
  });

  it("are found by what they are called", () => {
    expect(actionsNamed("queried a table ")).toEqual(["deltaSharingQueryTable"]);
    expect(actionsNamed("Listed shares")).toEqual(["deltaSharingListShares", "listShares"]);
    expect(actionsNamed("listShares")).toEqual(["listShares"]);
    expect(actionsNamed("Queried")).toEqual(["Queried"]);
  });

  it("are told by their names where there are none", () => {
    expect(actionText("rotateRecipientToken")).toBe("Rotated a token");
    expect(actionText("doSomethingNew2Day")).toBe("Do something new2 day");
    // No text, though every object has it.
    expect(actionText("toString")).toBe("To string");
  });
});
