#include "net/parse_request.h"

#include "net/request_parser.h"

namespace sluice::net {

Result<Request> ParseRequest(std::string_view bytes, ParseLimits limits) {
  Request request;
  RequestParser parser(request, limits);
  TRY(parser.Put(bytes));
  if (!parser.done()) return Fail(Code::kInvalidArgument, "the request is cut off");
  return request;
}

}  // namespace sluice::net
