#include "server/audit_delta.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <memory>

#include "base/crypto/crypto.h"
#include "base/crypto/random.h"
#include "base/crypto/uuid.h"
#include "base/encoding.h"
#include "base/json.h"
#include "engine/sql_text.h"
#include "engine/table_end.h"
#include "engine/table_writer.h"

namespace sluice::server {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kApp = "sluice-audit-export";
constexpr std::string_view kDate = "event_date";

struct Column {
  std::string_view name;
  std::string_view delta_type;  // as JSON
  std::string_view sql_type;
  bool has_stats = false;
};

// As Databricks' system.access.audit has them, then ours, then the chain of the log.
constexpr std::string_view kText = R"("string")";
constexpr Column kColumns[] = {
    {"account_id", kText, "VARCHAR"},
    {"workspace_id", kText, "VARCHAR"},
    {"version", kText, "VARCHAR"},
    {"event_time", R"("timestamp")", "TIMESTAMPTZ", true},
    {kDate, R"("date")", "DATE"},
    {"source_ip_address", kText, "VARCHAR"},
    {"user_agent", kText, "VARCHAR"},
    {"session_id", kText, "VARCHAR"},
    {"user_identity",
     R"({"type":"struct","fields":[{"name":"email","type":"string","nullable":true,"metadata":{}},)"
     R"({"name":"subject_name","type":"string","nullable":true,"metadata":{}}]})",
     "STRUCT(email VARCHAR, subject_name VARCHAR)"},
    {"service_name", kText, "VARCHAR", true},
    {"action_name", kText, "VARCHAR", true},
    {"request_id", kText, "VARCHAR"},
    {"request_params",
     R"({"type":"map","keyType":"string","valueType":"string","valueContainsNull":true})",
     "MAP(VARCHAR, VARCHAR)"},
    {"response",
     R"({"type":"struct","fields":[)"
     R"({"name":"status_code","type":"integer","nullable":true,"metadata":{}},)"
     R"({"name":"error_message","type":"string","nullable":true,"metadata":{}},)"
     R"({"name":"result","type":"string","nullable":true,"metadata":{}}]})",
     "STRUCT(status_code INTEGER, error_message VARCHAR, result VARCHAR)"},
    {"audit_level", kText, "VARCHAR"},
    {"event_id", kText, "VARCHAR"},
    {"identity_metadata",
     R"({"type":"struct","fields":[{"name":"run_by","type":"string","nullable":true,"metadata":{}}]})",
     "STRUCT(run_by VARCHAR)"},
    {"share_name", kText, "VARCHAR", true},
    {"recipient_name", kText, "VARCHAR", true},
    {"table_name", kText, "VARCHAR", true},
    {"bytes_read", R"("long")", "BIGINT", true},
    {"reason", kText, "VARCHAR"},
    {"sequence", R"("long")", "BIGINT", true},
    {"hash", kText, "VARCHAR"},
};

std::string SchemaJson() {
  std::string fields;
  for (const Column& column : kColumns) {
    fields += fmt::format(R"({}{{"name":"{}","type":{},"nullable":true,"metadata":{{}}}})",
                          fields.empty() ? "" : ",", column.name, column.delta_type);
  }
  return R"({"type":"struct","fields":[)" + fields + "]}";
}

std::string Uuid() {
  SecureRandom random;
  return crypto::RandomUuid(random);
}

// Lines on their way into the table: a file without a name that the engine reads.
class Batch {
 public:
  static Result<Batch> Make() {
    Batch batch;
    batch.file_.reset(std::tmpfile());
    if (batch.file_ == nullptr) {
      return Fail(Code::kUnavailable, "no temporary file can be made");
    }
    return batch;
  }

  Status Add(const audit::Cursor::Match& match) {
    // A name that comes twice in request_params would be no map: the last one counts.
    const std::string line = json::Serialize(TRY(json::Parse(match.line))) + '\n';
    if (std::fwrite(line.data(), 1, line.size(), file_.get()) != line.size()) return Full();
    bytes_ += line.size();
    ++events_;
    const audit::Line chained = TRY(audit::ReadLine(match.line));
    head_ = {chained.sequence, chained.hash};
    return {};
  }

  // A literal for the engine. Valid as long as the batch.
  Result<std::string> File() {
    if (std::fflush(file_.get()) != 0) return Full();
    return engine::SqlString(fmt::format("/proc/self/fd/{}", ::fileno(file_.get())));
  }
  uint64_t bytes() const { return bytes_; }
  uint64_t events() const { return events_; }
  const audit::Head& head() const { return head_; }  // of its newest event

 private:
  static std::unexpected<Error> Full() {
    return Fail(Code::kUnavailable, "the folder of temporary files is full");
  }
  struct Close {
    void operator()(std::FILE* file) const { std::fclose(file); }
  };
  std::unique_ptr<std::FILE, Close> file_;
  uint64_t bytes_ = 0;
  uint64_t events_ = 0;
  audit::Head head_;
};

class DeltaWriter {
 public:
  DeltaWriter(engine::Engine& engine, engine::TableWriter table, bool is_new, const Clock& clock)
      : engine_(engine), table_(std::move(table)), is_new_(is_new), clock_(clock) {}

  // One commit: its rows, a file a day, and how far the table has come.
  Status Write(Batch& batch) {
    delta::Commit commit;
    commit.time = clock_.Now();
    if (is_new_) {
      commit.protocol = delta::Protocol{};
      commit.metadata = NewMetadata(commit.time);
    }
    if (batch.events() > 0) commit.adds = TRY(WriteFiles(batch, commit.time));
    const audit::Head& head = batch.head();
    commit.transaction = delta::Transaction{std::string(kApp), static_cast<int64_t>(head.sequence)};
    if (head.sequence > 0) commit.user_metadata = Hex(crypto::View(head.hash));
    const Status written = table_.Write(commit);
    if (!written && written.error().code == Code::kAlreadyExists) {
      return Fail(Code::kConflict,
                  "somebody else wrote to the table meanwhile; nothing was added: run it again");
    }
    is_new_ = false;
    return written;
  }

 private:
  static delta::Metadata NewMetadata(TimePoint time) {
    delta::Metadata metadata;
    metadata.id = Uuid();
    metadata.name = "audit";
    metadata.description = "The audit log of a Sluice server";
    metadata.schema_string = SchemaJson();
    metadata.partition_columns = {std::string(kDate)};
    metadata.created_time = ToUnixMillis(time);
    return metadata;
  }

  Result<std::vector<delta::AddFile>> WriteFiles(Batch& batch, TimePoint time) {
    std::string types;
    std::string names;
    std::vector<engine::StatsColumn> stats;
    for (const Column& column : kColumns) {
      types += fmt::format("{}{}: '{}'", types.empty() ? "" : ", ", column.name, column.sql_type);
      if (column.name != kDate)
        names += fmt::format("{}{}", names.empty() ? "" : ", ", column.name);
      if (column.has_stats) {
        const std::string_view type = column.delta_type;
        stats.push_back({std::string(column.name), std::string(type.substr(1, type.size() - 2))});
      }
    }
    TRY(engine_.Execute(
        fmt::format("CREATE OR REPLACE TABLE audit_batch AS SELECT * FROM read_json({}, format = "
                    "'newline_delimited', maximum_object_size = {}, columns = {{{}}})",
                    TRY(batch.File()), audit::kMaxLine.value * 8, types)));
    const auto days =
        TRY(engine_.Query(fmt::format("SELECT {0}, {1} FROM audit_batch GROUP BY {0} ORDER BY {0}",
                                      kDate, engine::StatsSql(stats))));
    std::vector<delta::AddFile> adds;
    for (const auto& day : days.rows) {
      const std::string date = day[0].value_or("");
      engine::DataFile file;
      file.name =
          fmt::format("{}={}/part-{:05}-{}-c000.snappy.parquet", kDate, date, adds.size(), Uuid());
      file.select = fmt::format("SELECT {} FROM audit_batch WHERE {} = {} ORDER BY sequence", names,
                                kDate, engine::SqlString(date));
      file.partition_values = {{std::string(kDate), date}};
      file.time = time;
      file.stats = day[1];
      file.durable = true;
      adds.push_back(TRY(table_.WriteFile(file)));
    }
    TRY(engine_.Execute("DROP TABLE audit_batch"));
    return adds;
  }

  engine::Engine& engine_;
  engine::TableWriter table_;
  bool is_new_;
  const Clock& clock_;
};

std::unexpected<Error> NotOurs(const fs::path& folder, std::string_view why) {
  return Fail(
      Code::kInvalidArgument,
      fmt::format("{} {}: name a folder that is empty, or new, or was written by this export",
                  folder.string(), why));
}

// A folder that an export may begin in, or one with a table.
Status CheckFolder(const fs::path& folder) {
  std::error_code error;
  const fs::file_status status = fs::status(folder, error);
  if (status.type() == fs::file_type::not_found) return {};
  if (error) return Fail(Code::kUnavailable, folder.string() + " cannot be read", error.message());
  if (!fs::is_directory(status)) return NotOurs(folder, "is not a folder");
  const fs::directory_iterator entries(folder, error);
  if (error) return Fail(Code::kUnavailable, folder.string() + " cannot be read", error.message());
  if (entries == fs::directory_iterator() || fs::is_directory(folder / "_delta_log", error)) {
    return {};
  }
  return NotOurs(folder, "holds other files and no Delta table");
}

bool SameFields(const std::string& schema) {
  const auto is = json::Parse(schema);
  return is.has_value() && *is == json::Parse(SchemaJson()).value();
}

Status CheckTable(const fs::path& folder, const engine::TableEnd& end) {
  if (!SameFields(end.metadata.schema_string) ||
      end.metadata.partition_columns != std::vector<std::string>{std::string(kDate)}) {
    return NotOurs(folder, "is a table with other columns");
  }
  if (!end.transaction) return NotOurs(folder, "is a table that does not say which events it has");
  if (end.protocol.min_reader_version > 1 || end.protocol.min_writer_version > 2) {
    return Fail(Code::kUnsupported,
                fmt::format("the table in {} was given features that the export does not write",
                            folder.string()));
  }
  return {};
}

// The table's newest event must be in the log as it is in the table.
Status CheckSameLog(const audit::Reader& reader, const engine::TableEnd& end, uint64_t newest) {
  const auto through = static_cast<uint64_t>(end.transaction->version);
  if (through > newest) {
    return Fail(Code::kInvalidArgument,
                fmt::format("the table has events up to {}, but the log ends with {}: it is "
                            "another log, or an older copy; export it to a folder of its own",
                            through, newest));
  }
  if (through == 0 || end.user_metadata.empty()) return {};
  audit::Cursor cursor = TRY(audit::Cursor::Open(reader, {}, through - 1));
  const auto match = TRY(cursor.Next());
  if (!match || match->sequence != through) return {};  // retention deleted it
  const audit::Line line = TRY(audit::ReadLine(match->line));
  if (Hex(crypto::View(line.hash)) == end.user_metadata) return {};
  return Fail(Code::kInvalidArgument,
              fmt::format("event {} of the log is not the one in the table: it is another log; "
                          "export it to a folder of its own",
                          through));
}

}  // namespace

Result<DeltaExport> ExportToDelta(const audit::Reader& reader, engine::Engine& engine,
                                  const DeltaExportOptions& options, const Clock& clock) {
  TRY(CheckFolder(options.folder));
  const auto end = TRY(engine::FindTableEnd(engine, options.folder, kApp));
  DeltaExport done;
  if (end) {
    TRY(CheckTable(options.folder, *end));
    TRY(CheckSameLog(reader, *end, options.through));
    done.through = static_cast<uint64_t>(end->transaction->version);
  }
  DeltaWriter writer(
      engine, TRY(engine::TableWriter::Open(engine, options.folder, end ? end->version + 1 : 0)),
      !end, clock);
  audit::Cursor cursor = TRY(audit::Cursor::Open(reader, {}, done.through));
  uint64_t expected = done.through + 1;
  bool more = true;
  while (more) {
    Batch batch = TRY(Batch::Make());
    while (more && batch.bytes() < options.batch.value) {
      const auto match = TRY(cursor.Next());
      more = match && match->sequence <= options.through;
      if (!more) break;
      if (match->sequence > expected) done.missing.push_back({expected, match->sequence - 1});
      expected = match->sequence + 1;
      TRY(batch.Add(*match));
    }
    // A table without rows is made, too: it can be shared before anything happened.
    if (batch.events() == 0 && (end || done.events > 0)) break;
    TRY(writer.Write(batch));
    done.events += batch.events();
    done.through = std::max(done.through, batch.head().sequence);
  }
  return done;
}

}  // namespace sluice::server
