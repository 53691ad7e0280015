#include "sharing/table_changes.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "sharing/answer_body.h"
#include "sharing/capabilities.h"
#include "sharing/errors.h"
#include "sharing/file_lines.h"
#include "sharing/head_lines.h"
#include "sharing/shared_partitions.h"
#include "sharing/table_request.h"

namespace sluice::sharing {
namespace {

TokenScope Scope(const ChangesQuestion& question, const net::Request& request,
                 const catalog::SharedTable& table) {
  return ScopeOf(question.operation, request.principal, table);
}

// Everything that decides the lines of an answer.
struct ChangesPlan {
  std::unique_ptr<delta::ChangeFeed> feed;
  catalog::SharedTable table;
  Capabilities capabilities;
  Format format = Format::kParquet;
  bool metadata_lines = false;
  bool protocol_lines = false;
  bool end_stream_action = false;
  std::optional<uint64_t> max_files = {};
  ChangesPage page = {};  // where the answer begins
  std::string principal = {};
  std::string operation = {};
};

class ChangesAnswer final : public AnswerBody {
 public:
  ChangesAnswer(const Services& services, ChangesPlan plan, FileLines lines, std::string head)
      : AnswerBody(std::move(head), fmt::format("changes of table {}", plan.table.id),
                   plan.end_stream_action),
        services_(services),
        plan_(std::move(plan)),
        file_lines_(std::move(lines)) {
    plan_.feed->SkipTo(plan_.page.version);
  }
  ~ChangesAnswer() override { services_.metrics.FilesSent(files_); }
  ChangesAnswer(const ChangesAnswer&) = delete;
  ChangesAnswer& operator=(const ChangesAnswer&) = delete;

  void AddLogFields(net::LogFields& fields) const override {
    fields.emplace_back("files", std::to_string(files_));
    file_lines_.AddLogFields(fields);
  }

 private:
  Status WriteMore() override {
    if (commit_ == nullptr || next_file_ >= commit_->files.size()) return BeginCommit();
    if (plan_.max_files.has_value() && files_ >= *plan_.max_files) return EndAnswer(NextPage());
    const delta::ChangedFile& changed = commit_->files[next_file_++];
    ++files_;
    return file_lines_.Append(LineOf(changed.kind), changed.file.Row().entry, lines_);
  }

  Status BeginCommit() {
    const bool begins = commit_ == nullptr;
    commit_ = TRY(plan_.feed->Next());
    if (commit_ == nullptr) return EndAnswer({});
    file_lines_.SetVersion(commit_->version, commit_->time);
    next_file_ = begins ? plan_.page.index : 0;
    // What the first commit brought leads the answer, or was in the page before.
    return begins ? Status() : WriteState();
  }

  // The metaData and protocol that the commit brought.
  Status WriteState() {
    if (plan_.protocol_lines && commit_->protocol.has_value()) {
      lines_ +=
          ProtocolLine(plan_.format, plan_.capabilities, *commit_->protocol, commit_->version);
    }
    if (plan_.metadata_lines && commit_->metadata.has_value()) {
      lines_ += TRY(MetadataLine(plan_.format, plan_.table, *commit_->metadata, commit_->version));
    }
    return {};
  }

  static FileLine LineOf(delta::FileChangeKind kind) {
    switch (kind) {
      case delta::FileChangeKind::kAdd: return FileLine::kAdd;
      case delta::FileChangeKind::kRemove: return FileLine::kRemove;
      case delta::FileChangeKind::kCdc: return FileLine::kCdc;
    }
    return FileLine::kAdd;
  }

  std::string NextPage() const {
    ChangesPage page = plan_.page;
    page.version = commit_->version;
    page.index = next_file_;
    return services_.tokens.Seal(ScopeOf(plan_.operation, plan_.principal, plan_.table),
                                 PackChangesPage(page), services_.options.page_token_lifetime);
  }

  Status EndAnswer(std::string next_page_token) {
    EndOfStream end;
    end.next_page_token = std::move(next_page_token);
    if (files_ > 0) end.links_until = file_lines_.links_until();
    End(end);
    return {};
  }

  const Services& services_;
  const ChangesPlan plan_;
  FileLines file_lines_;
  const delta::CommitChanges* commit_ = nullptr;
  size_t next_file_ = 0;
  uint64_t files_ = 0;
};

// Says which range there is; counts from the first version whose changes are shared.
std::unexpected<Error> NoSuchChanges(const Services& services, const catalog::SharedTable& table,
                                     delta::Version first) {
  const auto range = services.snapshots.ChangeRange(table.location);
  if (!range) return std::unexpected(TableError(table, range.error()));
  const auto [oldest, newest] = *range;
  if (newest < table.start_version) {
    return InvalidParameter(errors::NotWrittenYet(
        fmt::format("{}.{}.{}", table.share, table.schema, table.name), table.start_version));
  }
  const delta::Version since = std::max(oldest, table.first_change());
  if (first < since) return InvalidParameter(errors::ChangesSince(since));
  return InvalidParameter(
      fmt::format("Provided Start version({}) for reading change data is invalid. Start version "
                  "cannot be greater than the latest version of the table({}).",
                  first, newest));
}

// The feed, and in `used` where its files lie besides the table.
Result<std::unique_ptr<delta::ChangeFeed>> OpenFeed(const Services& services,
                                                    const catalog::SharedTable& table,
                                                    const ChangesQuestion& question,
                                                    delta::ExternalLocations::Used& used) {
  const delta::Version first = question.page ? question.page->first : question.first;
  const auto last = question.page ? std::optional(question.page->last) : question.last;
  if (first < table.first_change()) return NoSuchChanges(services, table, first);
  delta::FilePlaces places(table.location, *services.options.external);
  const auto check = [&](std::string_view path) -> Status {
    const delta::FilePlace place = TRY(places.Find(path));
    const bool known =
        place.location.empty() || std::ranges::find(used, place.location) != used.end();
    if (!known) used.push_back(place.location);
    return {};
  };
  const auto terms = TRY(TermsOf(table));
  auto feed = services.snapshots.OpenChanges(table.location, first, last, question.what, check,
                                             terms ? &*terms : nullptr);
  if (feed) return feed;
  if (feed.error().code == Code::kInvalidArgument) return NoSuchChanges(services, table, first);
  return std::unexpected(TableError(table, std::move(feed).error()));
}

// Whether the client can be given the range as it asked for it.
Status CheckRange(const ChangesQuestion& question, const delta::ChangeSurvey& survey) {
  if (survey.not_recorded.has_value()) {
    return InvalidParameter(
        fmt::format("The changes of versions {} to {} cannot be told: the table's change data feed "
                    "(delta.enableChangeDataFeed) was off at version {}.",
                    survey.first->version, survey.last, *survey.not_recorded));
  }
  if (question.historical_metadata || !survey.unreadable_schema.has_value()) return {};
  return Fail(Code::kUnsupported,
              fmt::format("The table's schema changed between version {} and {}: files with the "
                          "schema of version {} cannot be read with the later one. Ask for a "
                          "shorter range, or with includeHistoricalMetadata=true.",
                          survey.first->version, survey.last, *survey.unreadable_schema));
}

Result<std::string> Head(const ChangesPlan& plan, const delta::ChangeSurvey& survey) {
  std::string head = plan.protocol_lines
                         ? ProtocolLine(plan.format, plan.capabilities, survey.first->protocol,
                                        survey.first->version)
                         : ProtocolLine(plan.format, plan.capabilities, survey.protocol);
  head += plan.metadata_lines
              ? TRY(MetadataLine(plan.format, plan.table, survey.first->metadata,
                                 survey.first->version))
              : TRY(MetadataLine(plan.format, plan.table, survey.last_metadata, survey.last));
  return head;
}

}  // namespace

Result<ChangesPage> OpenChangesPage(const Services& services, const net::Request& request,
                                    const catalog::SharedTable& table,
                                    const ChangesQuestion& question, std::string_view token) {
  const auto content = services.tokens.Open(Scope(question, request, table), token);
  auto page = content ? UnpackChangesPage(*content) : std::unexpected(content.error());
  if (!page || page->request != question.request_hash) {
    return InvalidParameter(std::string(errors::kStartAgain));
  }
  return page;
}

Result<net::Response> AnswerChanges(const Services& services, const net::Request& request,
                                    const catalog::SharedTable& table,
                                    const ChangesQuestion& question) {
  const Capabilities capabilities = TRY(ParseCapabilities(request.headers));
  delta::ExternalLocations::Used used;
  std::unique_ptr<delta::ChangeFeed> feed = TRY(OpenFeed(services, table, question, used));
  const delta::ChangeSurvey& survey = feed->survey();
  const ChangesPage start{.first = survey.first->version,
                          .last = survey.last,
                          .version = survey.first->version,
                          .request = question.request_hash,
                          .table = TokenHash(survey.first->metadata.id)};
  if (question.page && question.page->table != start.table) {
    return InvalidParameter(std::string(errors::kStartAgain));  // another table stands here now
  }
  TRY(CheckRange(question, survey));
  const Format format = TRY(ChooseFormat(capabilities, survey.advanced));
  auto links = TRY(BeginTableLinks(services, request, table, survey.last, std::move(used)));

  ChangesPlan plan{.feed = std::move(feed), .table = table, .capabilities = capabilities};
  plan.format = format;
  plan.metadata_lines = question.historical_metadata;
  plan.protocol_lines = question.historical_protocol && format == Format::kDelta;
  plan.end_stream_action = capabilities.end_stream_action || question.end_stream_action;
  plan.max_files = question.max_files;
  plan.page = question.page.value_or(start);
  plan.principal = request.principal;
  plan.operation = question.operation;
  std::string head = TRY(Head(plan, survey));

  net::Response response;
  response.headers.Add("Content-Type", "application/x-ndjson; charset=utf-8");
  response.headers.Add("delta-table-version", std::to_string(survey.first->version));
  AddFormatHeaders(capabilities, format, capabilities.end_stream_action, response);
  FileLines lines(std::move(links), format, capabilities.file_id_hash.value_or(format));
  response.body =
      std::make_unique<ChangesAnswer>(services, std::move(plan), std::move(lines), std::move(head));
  return response;
}

}  // namespace sluice::sharing
