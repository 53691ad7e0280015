// Change feeds: whatever is asked, the answer is an error of the client's making or whole lines of
// the versions that may be told.
//
// Line 1 of the input is a query string for /changes, line 2 the capabilities, the rest the body of
// a /query.
#include <fmt/format.h>

#include <array>

#include "base/json.h"
#include "catalog/testing/one_table.h"
#include "delta/testing/line_checkpoint_reader.h"
#include "delta/testing/test_table.h"
#include "fuzz.h"
#include "sharing/operations.h"

using sluice::fuzz::Require;
namespace delta = sluice::delta;
namespace net = sluice::net;
namespace sharing = sluice::sharing;

namespace {

constexpr delta::Version kFirst = 2;  // shared from here on
constexpr delta::Version kLast = 5;

// Versions 0 to 5, with whatever a commit may hold; the first two are not shared.
void Fill(const delta::testing::TestTable& table) {
  using delta::testing::AddLine;
  constexpr std::string_view kFeed = R"({"delta.enableChangeDataFeed":"true"})";
  table.Commit(0, {std::string(delta::testing::kProtocolLine), delta::testing::MetadataLine(kFeed),
                   AddLine("secret")});
  table.Commit(1, {AddLine("a"), AddLine("b")});
  table.Commit(2, {delta::testing::RemoveLine("a"), AddLine("c")});
  table.Commit(3, {R"({"cdc":{"path":"_change_data/d","partitionValues":{},"size":1}})",
                   delta::testing::RemoveLine("b")});
  table.Commit(
      4, {delta::testing::ProtocolLine(3, 7, R"(["deletionVectors"])"), AddLine("e", 1, "vector")});
  table.Commit(5, {delta::testing::MetadataLine(kFeed), AddLine("f")});
}

sluice::catalog::SharedTable SharedLate(std::string location) {
  sluice::catalog::SharedTable table;
  table.id = "t";
  table.location = std::move(location);
  table.history_shared = true;
  table.start_version = kFirst;
  return table;
}

// A server without sockets, over one table.
struct Bench {
  Bench() { Fill(table); }

  delta::testing::TestTable table;
  sluice::catalog::testing::OneTable resolver{SharedLate(table.location())};
  delta::testing::LineCheckpointReader reader;
  sluice::SystemClock clock;
  sluice::SecureRandom random;
  sluice::Metrics metrics;
  sluice::storage::Stores stores{{clock, random, metrics}};
  delta::Snapshots snapshots{stores, reader, clock, metrics, {}};
  sharing::LinkKey link_key{"0123456789abcdef0123456789abcdef"};
  sharing::TokenSealer tokens{"0123456789abcdef0123456789abcdef", random, clock};
  sharing::AsyncQueries async_queries{{}, clock, metrics, {}};
  sharing::Services services{resolver,      snapshots, link_key, tokens,
                             async_queries, clock,     metrics,  {}};
};

void CheckVersions(const sluice::json::Value& value) {
  if (const auto* object = value.if_object()) {
    for (const auto& [name, member] : *object) {
      if (name == "version") Require(member.as_int64() >= kFirst && member.as_int64() <= kLast);
      CheckVersions(member);
    }
  }
}

void CheckLines(std::string_view text) {
  Require(text.find("secret") == std::string_view::npos);
  while (!text.empty()) {
    const size_t end = text.find('\n');
    Require(end != std::string_view::npos);
    const auto line = sluice::json::Parse(text.substr(0, end));
    Require(line.has_value());
    CheckVersions(*line);
    text.remove_prefix(end + 1);
  }
}

void CheckAnswer(sluice::Result<net::Response> answer) {
  if (!answer.has_value()) {
    const sluice::Code code = answer.error().code;
    Require(code == sluice::Code::kInvalidArgument || code == sluice::Code::kUnsupported);
    return;
  }
  const auto& body = std::get<std::unique_ptr<net::BodySource>>(answer->body);
  std::string text;
  std::array<char, 4096> buffer{};
  while (true) {
    const auto got = body->Next(buffer);
    Require(got.has_value());
    if (*got == 0) break;
    text.append(buffer.data(), *got);
  }
  CheckLines(text);
}

std::string_view TakeLine(std::string_view& text) {
  const size_t end = std::min(text.find('\n'), text.size());
  const std::string_view line = text.substr(0, end);
  text.remove_prefix(std::min(end + 1, text.size()));
  return line;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static const Bench bench;
  std::string_view input = sluice::fuzz::View(data, size);
  net::Request request;
  request.params = {{"share", "t"}, {"schema", "t"}, {"table", "t"}};
  request.principal = "me";
  request.local = "127.0.0.1:1";
  const auto query = net::QueryParams::Parse(TakeLine(input));
  if (!query.has_value()) return 0;
  request.query = *query;
  request.headers.Add("delta-sharing-capabilities", std::string(TakeLine(input)));
  CheckAnswer(sharing::QueryTableChanges(bench.services, request));
  request.body = input;
  const auto body = sluice::json::Parse(input);
  // Only changes: a snapshot names the files of older versions that still live.
  if (!body.has_value() || !body->is_object() || !body->get_object().contains("startingVersion")) {
    return 0;
  }
  CheckAnswer(sharing::QueryTable(bench.services, request));
  return 0;
}
