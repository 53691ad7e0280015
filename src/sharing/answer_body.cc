#include "sharing/answer_body.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "base/json.h"
#include "base/log.h"

namespace sluice::sharing {

Result<size_t> AnswerBody::Next(std::span<char> out) {
  while (lines_.size() - sent_ < out.size() && !done_) {
    if (sent_ > 0) lines_.erase(0, std::exchange(sent_, 0));
    const Status written = WriteMore();
    if (!written && !EndWithMessage(written.error())) return std::unexpected(written.error());
  }
  const size_t count = std::min(out.size(), lines_.size() - sent_);
  std::memcpy(out.data(), lines_.data() + sent_, count);
  sent_ += count;
  return count;
}

void AnswerBody::End(const EndOfStream& end) {
  done_ = true;
  if (!end_stream_action_) return;
  lines_ += R"({"endStreamAction":{)";
  std::string_view separator;
  const auto text = [&](std::string_view name, std::string_view value) {
    if (value.empty()) return;
    lines_ += separator;
    json::AppendQuoted(name, lines_);
    lines_ += ':';
    json::AppendQuoted(value, lines_);
    separator = ",";
  };
  text("refreshToken", end.refresh_token);
  text("nextPageToken", end.next_page_token);
  if (end.links_until.has_value()) {
    lines_ += separator;
    lines_ += R"("minUrlExpirationTimestamp":)";
    json::AppendInt(ToUnixMillis(*end.links_until), lines_);
  }
  lines_ += "}}\n";
}

// Lines that were begun are cut back to the last whole one.
bool AnswerBody::EndWithMessage(const Error& error) {
  log::Failure("{} failed while it was sent: {} {}", subject_, error.message, error.detail);
  if (!end_stream_action_) return false;
  const size_t whole = lines_.rfind('\n');
  lines_.resize(whole == std::string::npos ? sent_ : std::max(sent_, whole + 1));
  lines_ += R"({"endStreamAction":{"errorMessage":)";
  json::AppendQuoted(error.message, lines_);
  lines_ += "}}\n";
  done_ = true;
  return true;
}

}  // namespace sluice::sharing
