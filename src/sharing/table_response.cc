#include "sharing/table_response.h"

#include <fmt/format.h>

#include <utility>

#include "sharing/answer_body.h"
#include "sharing/file_lines.h"
#include "sharing/shared_partitions.h"

namespace sluice::sharing {
namespace {

class QueryAnswer final : public AnswerBody {
 public:
  QueryAnswer(const Services& services, QueryPlan plan, std::unique_ptr<FileLinks> links,
              std::string head)
      : AnswerBody(std::move(head), fmt::format("query of table {}", plan.table->id),
                   plan.end_stream_action),
        services_(services),
        plan_(std::move(plan)),
        file_lines_(std::move(links), plan_.format, plan_.id_scheme),
        scan_(plan_.snapshot, plan_.scan) {
    if (!plan_.by_version) return;
    file_lines_.SetVersion(plan_.snapshot->version(), plan_.snapshot->commit_time());
  }
  ~QueryAnswer() override {
    services_.metrics.FilesSent(scan_.files());
    services_.metrics.FilesSkipped(scan_.skipped());
  }
  QueryAnswer(const QueryAnswer&) = delete;
  QueryAnswer& operator=(const QueryAnswer&) = delete;

  void AddLogFields(net::LogFields& fields) const override {
    fields.emplace_back("files", std::to_string(scan_.files()));
    fields.emplace_back("files_skipped", std::to_string(scan_.skipped()));
    file_lines_.AddLogFields(fields);
    fields.emplace_back("version", std::to_string(plan_.snapshot->version()));
  }

 private:
  Status WriteMore() override {
    const delta::FileEntry* file = TRY(scan_.Next());
    if (file != nullptr) return file_lines_.Append(FileLine::kFile, *file, lines_);
    EndOfStream end;
    end.refresh_token = plan_.refresh_token;
    end.next_page_token = NextPageToken();
    if (scan_.files() > 0) end.links_until = file_lines_.links_until();
    End(end);
    return {};
  }

  std::string NextPageToken() {
    if (!scan_.next_page()) return {};
    const QueryPage page{plan_.snapshot->version(), *scan_.next_page(), scan_.rows(),
                         plan_.request_hash, TokenHash(plan_.snapshot->metadata().id)};
    return services_.tokens.Seal(ScopeOf(plan_.operation, plan_.principal, *plan_.table),
                                 PackQueryPage(page), services_.options.page_token_lifetime);
  }

  const Services& services_;
  const QueryPlan plan_;
  FileLines file_lines_;
  delta::Scan scan_;
};

}  // namespace

std::unique_ptr<net::BodySource> QueryBody(const Services& services, QueryPlan plan,
                                           std::unique_ptr<FileLinks> links, std::string head) {
  return std::make_unique<QueryAnswer>(services, std::move(plan), std::move(links),
                                       std::move(head));
}

}  // namespace sluice::sharing
