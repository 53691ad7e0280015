#include "net/mail_client.h"

#include <curl/curl.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <memory>
#include <mutex>
#include <string_view>

namespace sluice::net {
namespace {

struct EasyDeleter {
  void operator()(CURL* curl) const { curl_easy_cleanup(curl); }
};
struct ListDeleter {
  void operator()(curl_slist* list) const { curl_slist_free_all(list); }
};
using List = std::unique_ptr<curl_slist, ListDeleter>;

size_t OnRead(char* out, size_t size, size_t count, void* user) {
  auto& rest = *static_cast<std::string_view*>(user);
  const size_t taken = std::min(size * count, rest.size());
  std::memcpy(out, rest.data(), taken);
  rest.remove_prefix(taken);
  return taken;
}

size_t OnWrite(char* /*data*/, size_t size, size_t count, void* /*user*/) { return size * count; }

List Addresses(const std::vector<std::string>& to) {
  List list;
  for (const std::string& address : to) {
    curl_slist* longer = curl_slist_append(list.get(), ('<' + address + '>').c_str());
    if (longer == nullptr) return list;
    static_cast<void>(list.release());
    list.reset(longer);
  }
  return list;
}

}  // namespace

Status SendMail(const MailServer& server, const OutgoingMail& mail) {
  static std::once_flag once;
  std::call_once(once, [] { curl_global_init(CURL_GLOBAL_DEFAULT); });
  const std::unique_ptr<CURL, EasyDeleter> easy(curl_easy_init());
  CURL* curl = easy.get();
  if (curl == nullptr) return Fail(Code::kUnavailable, "no mail client", "curl_easy_init failed");
  const List to = Addresses(mail.to);
  const std::string from = '<' + mail.from + '>';
  std::string_view rest = mail.text;
  std::array<char, CURL_ERROR_SIZE> text{};
  curl_easy_setopt(curl, CURLOPT_URL, server.url.c_str());
  curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "smtp,smtps");
  curl_easy_setopt(curl, CURLOPT_PROXY, "");
  curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(curl, CURLOPT_SSLVERSION, static_cast<long>(CURL_SSLVERSION_TLSv1_2));
  curl_easy_setopt(curl, CURLOPT_USE_SSL,
                   static_cast<long>(server.user.empty() ? CURLUSESSL_TRY : CURLUSESSL_ALL));
  if (!server.user.empty()) {
    curl_easy_setopt(curl, CURLOPT_USERNAME, server.user.c_str());
    curl_easy_setopt(curl, CURLOPT_PASSWORD, server.password.c_str());
  }
  curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, static_cast<long>(server.timeout.count()));
  curl_easy_setopt(curl, CURLOPT_MAIL_FROM, from.c_str());
  curl_easy_setopt(curl, CURLOPT_MAIL_RCPT, to.get());
  curl_easy_setopt(curl, CURLOPT_UPLOAD, 1L);
  curl_easy_setopt(curl, CURLOPT_READFUNCTION, &OnRead);
  curl_easy_setopt(curl, CURLOPT_READDATA, &rest);
  curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, &OnWrite);
  curl_easy_setopt(curl, CURLOPT_ERRORBUFFER, text.data());
  const CURLcode code = curl_easy_perform(curl);
  if (code == CURLE_OK) return {};
  std::string detail = text.data();
  if (detail.empty()) detail = curl_easy_strerror(code);
  return Fail(Code::kUnavailable, "the mail server did not take the message", std::move(detail));
}

}  // namespace sluice::net
