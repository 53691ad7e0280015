// conformance/table_query.h -- what checks of tables do all the time: ask for a table in one of the
// two formats, fetch the files of the answer through their links, and look whether their rows are
// the ones of the suite's own table.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "conformance/asking.h"
#include "conformance/context.h"
#include "conformance/made_tables.h"
#include "conformance/received_rows.h"

namespace sluice::conformance {

enum class Format { kParquet, kDelta };
// How a client asks for it: nothing for parquet, which is what old clients send.
HeaderList HeadersFor(Format format);

// Status 200 and lines in the format are required. TRY: who answers in parquet format where delta
// is asked for does not know delta format, which is allowed; the check is skipped.
Result<Told> RequireFormat(Context& context, Answer answer, Format format);

// POST .../query. Status 200 and lines in the format are required.
Result<Told> QueryTable(Context& context, const TableName& table, const std::string& body,
                        Format format = Format::kParquet);
// GET .../changes?<parameters>, alike.
Result<Told> QueryChanges(Context& context, const TableName& table, const std::string& parameters,
                          Format format = Format::kParquet);

// The suite's description of the table that the check needs.
const MadeTable& Made(const Context& context);

// The files of one answer on this machine, in a folder that goes with this object.
class Downloads {
 public:
  // Errors: kUnavailable  no folder can be made
  static Result<Downloads> Make();
  Downloads(Downloads&& other) noexcept;
  Downloads& operator=(Downloads&&) = delete;
  ~Downloads();

  // Fetches the file and its deletion vector. Expects the link to work and the bytes to be as many
  // as `size` says.
  Result<ReceivedFile> Fetch(Context& context, const Told& reply, const DataFile& file);
  Result<std::vector<ReceivedFile>> FetchAll(Context& context, const Told& reply,
                                             const std::vector<DataFile>& files);

 private:
  explicit Downloads(std::string folder) : folder_(std::move(folder)) {}
  std::string folder_;
  int files_ = 0;
};

// Expects the files of the answer to have exactly the rows of `expected_sql`
// (conformance/made_rows.h).
Status ExpectRows(Context& context, const MadeTable& table, const Told& reply,
                  const std::string& expected_sql);
// Those of a version.
Status ExpectVersion(Context& context, const MadeTable& table, const Told& reply,
                     delta::Version version);
// Those of an answer about changes: lines add, cdf and remove.
Status ExpectChanges(Context& context, const MadeTable& table, const Told& reply,
                     delta::Version first, delta::Version last);

// Expects the header of the table's version.
void ExpectVersionHeader(Context& context, const Answer& answer, delta::Version version);

// Expects a refusal: some status 4xx, with the body of an error.
void ExpectRefused(Context& context, const Answer& answer, std::string_view why);

}  // namespace sluice::conformance
