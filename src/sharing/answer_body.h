// sharing/answer_body.h -- the lines of an answer, written while they are sent.
//
// The status is gone with the first byte: a failure after it ends the answer with
// endStreamAction.errorMessage where the client asked for that line, and breaks the connection
// where not. Source: Delta Sharing PROTOCOL.md, "EndStreamAction".
#pragma once

#include <optional>
#include <span>
#include <string>

#include "base/clock.h"
#include "base/result.h"
#include "net/http.h"

namespace sluice::sharing {

// The last line, for a client that asked for it.
struct EndOfStream {
  std::string refresh_token;             // empty: none
  std::string next_page_token;           // empty: the answer is whole
  std::optional<TimePoint> links_until;  // where there are links
};

class AnswerBody : public net::BodySource {
 public:
  Result<size_t> Next(std::span<char> out) final;

 protected:
  // `subject` is what a log line about a failure calls the answer.
  AnswerBody(std::string head, std::string subject, bool end_stream_action)
      : lines_(std::move(head)),
        subject_(std::move(subject)),
        end_stream_action_(end_stream_action) {}

  // Appends whole lines to lines_, or calls End when there are no more.
  virtual Status WriteMore() = 0;
  void End(const EndOfStream& end);

  std::string lines_;  // written but not sent, behind what sent_ says

 private:
  bool EndWithMessage(const Error& error);

  const std::string subject_;
  const bool end_stream_action_;
  size_t sent_ = 0;
  bool done_ = false;
};

}  // namespace sluice::sharing
