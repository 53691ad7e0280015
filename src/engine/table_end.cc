#include "engine/table_end.h"

#include <charconv>
#include <ranges>

#include "base/json.h"
#include "delta/log_segment.h"
#include "delta/snapshot_loading.h"
#include "engine/sql_text.h"

namespace sluice::engine {
namespace {

constexpr ByteCount kMaxCommit = MiB(512);  // as delta::SnapshotLimits

const json::Object* MemberObject(const json::Value& value, std::string_view name) {
  const json::Object* object = value.if_object();
  const json::Value* member = object == nullptr ? nullptr : object->if_contains(name);
  return member == nullptr ? nullptr : member->if_object();
}

// Looks at the actions of one file, a line each.
void TakeActions(std::string_view text, std::string_view app_id, TableEnd& end) {
  std::string user_metadata;
  bool found = false;
  for (const auto part : std::views::split(text, '\n')) {
    const std::string_view line(part.begin(), part.end());
    // Adds, which are most of it, are not parsed.
    if (!line.starts_with(R"({"txn")") && !line.starts_with(R"({"commitInfo")")) continue;
    const auto action = json::Parse(line);
    if (!action.has_value()) continue;
    if (const json::Object* info = MemberObject(*action, "commitInfo")) {
      const json::Value* said = info->if_contains("userMetadata");
      if (said != nullptr && said->is_string()) user_metadata = said->get_string();
    }
    const json::Object* txn = MemberObject(*action, "txn");
    const json::Value* app = txn == nullptr ? nullptr : txn->if_contains("appId");
    const json::Value* version = txn == nullptr ? nullptr : txn->if_contains("version");
    if (app == nullptr || !app->is_string() || app->get_string() != app_id) continue;
    if (version == nullptr || !version->is_int64()) continue;
    end.transaction = delta::Transaction{std::string(app_id), version->get_int64()};
    found = true;
  }
  if (found) end.user_metadata = user_metadata;
}

Status TakeCheckpoint(Engine& engine, const storage::ObjectStore& store,
                      const delta::CheckpointFiles& checkpoint, TableEnd& end,
                      std::string_view app_id) {
  for (const auto& part : checkpoint.parts) {
    if (checkpoint.is_json) {
      TakeActions(TRY(store.ReadListed(part, kMaxCommit)), app_id, end);
      continue;
    }
    const storage::LocalCopy copy = TRY(store.Fetch(part));
    const std::string rows = "SELECT * FROM read_parquet(" + TRY(SqlFile(copy.path())) + ")";
    const auto columns = TRY(engine.Query(rows + " LIMIT 0")).columns;
    if (std::ranges::find(columns, "txn") == columns.end()) continue;
    const auto found = TRY(engine.Query("SELECT max(txn.version) FROM (" + rows +
                                        ") WHERE txn.\"appId\" = " + SqlString(app_id)));
    const auto& value = found.rows.front().front();
    if (value) end.transaction = delta::Transaction{std::string(app_id), std::stoll(*value)};
  }
  return {};
}

}  // namespace

Result<std::optional<TableEnd>> FindTableEnd(Engine& engine, const std::filesystem::path& folder,
                                             std::string_view app_id) {
  const auto store = TRY(storage::OpenLocalStore(folder.string()));
  auto found = delta::FindNewestSegment(*store);
  if (!found.has_value() && found.error().code == Code::kNotFound) return std::nullopt;
  const delta::FoundSegment log = TRY(std::move(found));
  const delta::SnapshotLimits limits;
  const delta::LogSource source{*store, engine.checkpoint_reader(), limits};
  const auto snapshot =
      TRY(delta::LoadSnapshot(source, log.listing, log.segment, log.segment.last.modified));
  TableEnd end;
  end.version = snapshot->version();
  end.protocol = snapshot->protocol();
  end.metadata = snapshot->metadata();
  const auto& checkpoint = log.segment.checkpoint;
  for (const delta::CommitFile& commit : log.listing.commits | std::views::reverse) {
    if (checkpoint && commit.version < checkpoint->version) break;
    TakeActions(TRY(store->ReadListed(commit.object, kMaxCommit)), app_id, end);
    if (end.transaction) return end;
  }
  if (checkpoint) TRY(TakeCheckpoint(engine, *store, *checkpoint, end, app_id));
  return end;
}

}  // namespace sluice::engine
