#include "sharing/table_response.h"

#include <cstring>
#include <utility>

#include "base/encoding.h"
#include "base/json.h"
#include "base/log.h"
#include "delta/deletion_vector.h"

namespace sluice::sharing {
namespace {

constexpr std::string_view kParquetFile = ".parquet";
constexpr std::string_view kDeletionVectorFile = ".bin";

// The id of a file under a scheme: stable, and nothing can be learned from it. Two schemes so that
// a client that mixes formats never takes one for the other.
void AppendFileId(Format scheme, std::string_view path, std::string& out) {
  const crypto::Digest digest = crypto::Sha256(path);
  AppendHex(crypto::View(digest).substr(0, scheme == Format::kDelta ? 32 : 16), out);
}

class QueryAnswer final : public net::BodySource {
 public:
  QueryAnswer(const Services& services, QueryPlan plan, std::unique_ptr<FileLinks> links,
              std::string head)
      : services_(services),
        plan_(std::move(plan)),
        links_(std::move(links)),
        scan_(plan_.snapshot, plan_.scan),
        pending_(std::move(head)) {
    constants_ = R"("expirationTimestamp":)";
    json::AppendInt(ToUnixMillis(links_->expires()), constants_);
    if (!plan_.by_version) return;
    constants_ += R"(,"version":)";
    json::AppendInt(plan_.snapshot->version(), constants_);
    constants_ += R"(,"timestamp":)";
    json::AppendInt(ToUnixMillis(plan_.snapshot->commit_time()), constants_);
  }
  ~QueryAnswer() override { services_.metrics.FilesSent(scan_.files()); }
  QueryAnswer(const QueryAnswer&) = delete;
  QueryAnswer& operator=(const QueryAnswer&) = delete;

  Result<size_t> Next(std::span<char> out) override {
    while (pending_.size() - sent_ < out.size() && !done_) {
      if (sent_ > 0) pending_.erase(0, std::exchange(sent_, 0));
      const Status written = WriteLine();
      if (!written && !EndWithMessage(written.error())) return std::unexpected(written.error());
    }
    const size_t count = std::min(out.size(), pending_.size() - sent_);
    std::memcpy(out.data(), pending_.data() + sent_, count);
    sent_ += count;
    return count;
  }

 private:
  // Appends the next line; sets done_ at the end.
  Status WriteLine() {
    const delta::FileEntry* file = TRY(scan_.Next());
    if (file == nullptr) {
      done_ = true;
      if (plan_.end_stream_action) AppendEndOfStream();
      return {};
    }
    return plan_.format == Format::kDelta ? AppendDeltaFile(*file) : AppendParquetFile(*file);
  }

  Status AppendParquetFile(const delta::FileEntry& file) {
    pending_ += R"({"file":{"url":")";
    TRY(links_->Append(file.path, static_cast<uint64_t>(file.size), kParquetFile, pending_));
    pending_ += R"(","id":")";
    AppendFileId(plan_.id_scheme, file.path, pending_);
    pending_ += R"(","partitionValues":)";
    pending_ += file.partition_values;
    AppendSizeAndStats(file);
    pending_ += ',';
    pending_ += constants_;
    pending_ += "}}\n";
    return {};
  }

  Status AppendDeltaFile(const delta::FileEntry& file) {
    pending_ += R"({"file":{"id":")";
    AppendFileId(plan_.id_scheme, file.path, pending_);
    pending_ += "\",";
    if (file.deletion_vector != nullptr) {
      pending_ += R"("deletionVectorFileId":")";
      AppendFileId(plan_.id_scheme, file.deletion_vector->UniqueId(), pending_);
      pending_ += "\",";
    }
    pending_ += constants_;
    AppendNumber("size", file.size);
    pending_ += R"(,"deltaSingleAction":{"add":{"path":")";
    TRY(links_->Append(file.path, static_cast<uint64_t>(file.size), kParquetFile, pending_));
    pending_ += R"(","partitionValues":)";
    pending_ += file.partition_values;
    AppendSizeAndStats(file);
    AppendNumber("modificationTime", file.modification_time);
    pending_ += R"(,"dataChange":true)";
    if (file.deletion_vector != nullptr) TRY(AppendDeletionVector(*file.deletion_vector));
    if (file.base_row_id) AppendNumber("baseRowId", *file.base_row_id);
    if (file.default_row_commit_version) {
      AppendNumber("defaultRowCommitVersion", *file.default_row_commit_version);
    }
    pending_ += "}}}}\n";
    return {};
  }

  void AppendSizeAndStats(const delta::FileEntry& file) {
    AppendNumber("size", file.size);
    if (!file.stats) return;
    pending_ += R"(,"stats":)";
    json::AppendQuoted(*file.stats, pending_);
  }

  // A vector in a file of its own gets a link; an inline one goes as it is. A relative path would
  // mean nothing to the client.
  Status AppendDeletionVector(const delta::DeletionVector& vector) {
    pending_ += R"(,"deletionVector":{"storageType":")";
    if (vector.storage_type == 'i') {
      pending_ += R"(i","pathOrInlineDv":)";
      json::AppendQuoted(vector.path_or_inline, pending_);
    } else {
      const std::string file = TRY(delta::DeletionVectorPath(vector));
      pending_ += R"(p","pathOrInlineDv":")";
      TRY(links_->Append(file, std::nullopt, kDeletionVectorFile, pending_));
      pending_ += '"';
      if (vector.offset) AppendNumber("offset", *vector.offset);
    }
    AppendNumber("sizeInBytes", vector.size_in_bytes);
    AppendNumber("cardinality", vector.cardinality);
    pending_ += '}';
    return {};
  }

  void AppendNumber(std::string_view name, int64_t value) {
    pending_ += ",\"";
    pending_ += name;
    pending_ += "\":";
    json::AppendInt(value, pending_);
  }

  void AppendEndOfStream() {
    pending_ += R"({"endStreamAction":{)";
    std::string_view separator;
    const auto text = [&](std::string_view name, std::string_view value) {
      if (value.empty()) return;
      pending_ += separator;
      json::AppendQuoted(name, pending_);
      pending_ += ':';
      json::AppendQuoted(value, pending_);
      separator = ",";
    };
    text("refreshToken", plan_.refresh_token);
    text("nextPageToken", NextPageToken());
    if (scan_.files() > 0) {
      pending_ += separator;
      pending_ += R"("minUrlExpirationTimestamp":)";
      json::AppendInt(ToUnixMillis(links_->expires()), pending_);
    }
    pending_ += "}}\n";
  }

  std::string NextPageToken() {
    if (!scan_.next_page()) return {};
    const QueryPage page{plan_.snapshot->version(), *scan_.next_page(), scan_.rows(),
                         plan_.request_hash};
    return services_.tokens.Seal({"QueryTable", plan_.principal, plan_.table->id},
                                 PackQueryPage(page), services_.options.page_token_lifetime);
  }

  // The status is gone: tell the failure in the last line if the client reads that line. Lines that
  // were begun are cut back to the last whole one.
  bool EndWithMessage(const Error& error) {
    log::Failure("query of table {} failed while it was sent: {} {}", plan_.table->id,
                 error.message, error.detail);
    if (!plan_.end_stream_action) return false;
    const size_t whole = pending_.rfind('\n');
    pending_.resize(whole == std::string::npos ? sent_ : std::max(sent_, whole + 1));
    pending_ += R"({"endStreamAction":{"errorMessage":)";
    json::AppendQuoted(error.message, pending_);
    pending_ += "}}\n";
    done_ = true;
    return true;
  }

  const Services& services_;
  QueryPlan plan_;
  const std::unique_ptr<FileLinks> links_;
  delta::Scan scan_;
  std::string pending_;  // lines that are written but not sent, behind `sent_`
  size_t sent_ = 0;
  std::string constants_;  // members that every file line has in common
  bool done_ = false;
};

}  // namespace

std::unique_ptr<net::BodySource> QueryBody(const Services& services, QueryPlan plan,
                                           std::unique_ptr<FileLinks> links, std::string head) {
  return std::make_unique<QueryAnswer>(services, std::move(plan), std::move(links),
                                       std::move(head));
}

}  // namespace sluice::sharing
