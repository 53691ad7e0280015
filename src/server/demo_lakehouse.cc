#include "server/demo_lakehouse.h"

#include <fmt/format.h>

#include <fstream>
#include <system_error>

#include "server/demo_tables.h"
#include "server/demo_text.h"
#include "server/demo_writer.h"

namespace sluice::server {
namespace {

namespace fs = std::filesystem;

// To be raised whenever the tables change: folders of other versions are made anew.
constexpr std::string_view kVersion = "2";
constexpr const char* kMarker = ".sluice-demo";

enum class Found { kNothing, kComplete, kOtherVersion, kForeign };

Found Look(const fs::path& dir) {
  std::error_code error;
  if (!fs::exists(dir, error) || fs::is_empty(dir, error)) return Found::kNothing;
  std::ifstream marker(dir / kMarker);
  std::string version;
  if (!std::getline(marker, version)) return Found::kForeign;
  if (version != kVersion) return Found::kOtherVersion;
  for (const auto& name : DemoTableNames()) {
    if (!fs::exists(dir / name / "_delta_log", error)) return Found::kOtherVersion;
  }
  return Found::kComplete;
}

std::unexpected<Error> FileFailure(std::string_view what, const std::error_code& error) {
  return Fail(Code::kUnavailable, "the demo's folder cannot be written",
              fmt::format("{}: {}", what, error.message()));
}

Status Remove(const fs::path& path) {
  std::error_code error;
  fs::remove_all(path, error);
  if (error) return FileFailure("removing " + path.string(), error);
  return {};
}

Status WriteTables(engine::Engine& engine, const fs::path& dir, const DemoProgressSink& progress) {
  const auto sources = DemoSources();
  const auto tables = DemoTables();
  DemoProgress told{0, sources.size() + tables.size(), {}};
  const auto tell = [&](std::string text) {
    ++told.step;
    told.text = std::move(text);
    if (progress) progress(told);
  };
  for (const auto& source : sources) {
    TRY_CONTEXT(source.what, engine.Execute(source.sql));
    tell(fmt::format("made up {}", source.what));
  }
  for (const auto& table : tables) {
    const DemoTableSize size =
        TRY_CONTEXT(table.name, WriteDemoTable(engine, table, dir / table.name));
    tell(fmt::format("{}: {} rows in {} files, {} versions", table.name, Grouped(size.rows),
                     size.files, size.versions));
  }
  return {};
}

}  // namespace

std::vector<std::string> DemoTableNames() {
  std::vector<std::string> names;
  for (const auto& table : DemoTables()) names.push_back(table.name);
  return names;
}

Status MakeDemoLakehouse(engine::Engine& engine, const fs::path& dir,
                         const DemoProgressSink& progress) {
  const Found found = Look(dir);
  if (found == Found::kComplete) return {};
  if (found == Found::kForeign) {
    return Fail(Code::kAlreadyExists, "the folder is there and holds something else",
                dir.string() + " has no " + kMarker);
  }
  fs::path draft = dir.lexically_normal();
  if (!draft.has_filename()) draft = draft.parent_path();
  draft += ".partial";
  TRY(Remove(draft));
  TRY(engine.Execute("DROP SCHEMA IF EXISTS demo CASCADE"));
  const Status written = WriteTables(engine, draft, progress);
  TRY(engine.Execute("DROP SCHEMA IF EXISTS demo CASCADE"));
  if (!written.has_value()) return written;

  std::ofstream marker(draft / kMarker);
  marker << kVersion << '\n' << std::flush;
  if (!marker) return FileFailure("writing the marker", std::make_error_code(std::errc::io_error));
  TRY(Remove(dir));
  std::error_code error;
  fs::rename(draft, dir, error);
  if (error) return FileFailure("renaming " + draft.string(), error);
  return {};
}

}  // namespace sluice::server
