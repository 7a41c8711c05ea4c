#include "services/control_plane/notice_loop.h"

#include <fmt/format.h>

#include <utility>
#include <vector>

#include "common/base/log.h"
#include "common/base/status.h"
#include "common/json/document.h"
#include "services/control_plane/batch_publish.h"

namespace windrow::control_plane {
namespace {

constexpr int kNoticesAtOnce = 100;
constexpr std::string_view kDisabledType = "windrow.webhook.disabled";

std::string Quoted(std::string_view text) {
  std::string out;
  json::AppendString(text, &out);
  return out;
}

}  // namespace

domain::Event ToEvent(const store::Notice& notice) {
  const std::string id = notice.webhook_id.ToString();
  domain::Event event;
  event.event_id = fmt::format("{}/{}/{}", kDisabledType, id, notice.webhook_version);
  event.type = kDisabledType;
  event.object_type = "webhook";
  event.object_id = id;
  event.object = fmt::format(R"({{"id":"{}","name":{},"enabled":false,"reason":{}}})", id,
                             Quoted(notice.webhook_name), Quoted(notice.reason));
  event.message = notice.reason;
  event.occurred_at = notice.created_at;
  return event;
}

absl::Status NoticeLoop::RunOnce() {
  WINDROW_ASSIGN_OR_RETURN(const std::vector<store::Notice> notices,
                           webhooks_.ListNotices(kNoticesAtOnce));
  for (const store::Notice& notice : notices) {
    std::vector<absl::StatusOr<domain::Event>> events;
    events.emplace_back(ToEvent(notice));
    const std::vector<PublishAnswer> answers =
        PublishAndWait(queue_, notice.tenant_id, std::move(events));
    WINDROW_RETURN_IF_ERROR(answers.at(0).status);
    WINDROW_RETURN_IF_ERROR(webhooks_.DeleteNotice(notice.notice_id));
  }
  return absl::OkStatus();
}

void NoticeLoop::Start() {
  thread_ = std::thread([this] { Run(); });
}

void NoticeLoop::Stop() {
  {
    std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  stopped_.notify_all();
  if (thread_.joinable()) thread_.join();
}

void NoticeLoop::Run() {
  std::unique_lock lock(mutex_);
  while (!stopping_) {
    lock.unlock();
    const absl::Status status = RunOnce();
    if (!status.ok() && !absl::IsUnavailable(status)) {  // that, DatabaseWatch tells
      Log(LogLevel::kWarn, "notices_failed", {{"error", status.message()}});
    }
    lock.lock();
    stopped_.wait_for(lock, absl::ToChronoNanoseconds(interval_),
                      [&] { return stopping_; });
  }
}

}  // namespace windrow::control_plane
