#include "cli/event_publish.h"

#include <absl/time/clock.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <deque>
#include <fstream>
#include <mutex>
#include <ostream>
#include <thread>

#include "cli/client.h"
#include "cli/event_line.h"
#include "cli/progress.h"
#include "cli/publish_link.h"
#include "cli/rpc_errors.h"
#include "cli/table.h"
#include "common/base/status.h"
#include "common/json/document.h"
#include "windrow/v1/event.grpc.pb.h"

namespace windrow::cli {
namespace {

// Where an event came from.
struct Place {
  std::string file;
  std::int64_t line = 0;
  std::string ToString() const { return fmt::format("{}:{}", file, line); }
};

struct Totals {
  std::int64_t published = 0;
  std::int64_t duplicates = 0;
  std::int64_t matched = 0;
  std::int64_t refused = 0;  // by the server
  std::int64_t broken = 0;   // lines, files
  std::int64_t first_id = 0;
  std::int64_t last_id = 0;
  Place last_place;
};

// The state that the sending and the receiving thread share, and what both print.
class Run {
 public:
  Run(const Session& session, const PublishOptions& options, std::int64_t total_bytes)
      : session_(session),
        keep_going_(options.keep_going),
        progress_(session.err, !options.quiet && ::isatty(STDERR_FILENO) == 1,
                  total_bytes) {}

  // False: stop reading.
  bool Broken(const Place& place, const absl::Status& why) {
    std::lock_guard lock(mutex_);
    ++totals_.broken;
    return Report(place.ToString(),
                  why.code() == absl::StatusCode::kOk ? "" : std::string(why.message()));
  }
  bool BrokenFile(const std::string& file, const std::string& why) {
    std::lock_guard lock(mutex_);
    ++totals_.broken;
    return Report(file, why);
  }

  // False: an answer before made it pointless to send more.
  bool Sending(Place place, std::int64_t bytes) {
    std::lock_guard lock(mutex_);
    if (stopped_) return false;
    pending_.push_back(std::move(place));
    bytes_ += bytes;
    return true;
  }

  void Answered(const v1::PublishEventResponse& response) {
    std::lock_guard lock(mutex_);
    const Place place = std::move(pending_.front());
    pending_.pop_front();
    if (response.has_published()) {
      Count(place, response.published());
    } else {
      ++totals_.refused;
      Report(place.ToString(), RefusalText(response.refused()));
    }
    progress_.Update(totals_.published, bytes_, absl::Now());
  }

  Totals Finish() {
    std::lock_guard lock(mutex_);
    progress_.Clear();
    return totals_;
  }

  // What the link has not answered is sent again after `delay`.
  void Waits(const grpc::Status& status, std::size_t unanswered, absl::Duration delay) {
    std::lock_guard lock(mutex_);
    progress_.Clear();
    session_.err << fmt::format(
        "{}: {} unanswered events are sent again in {}.\n",
        Harmless(status.error_message(), false), unanswered,
        absl::FormatDuration(absl::Trunc(delay, absl::Milliseconds(100))));
  }

 private:
  static std::string RefusalText(const v1::RefusedEvent& refused) {
    if (refused.field_violations().empty()) {
      return fmt::format("refused: {}: {}", refused.reason(), refused.message());
    }
    std::string text;
    for (const v1::FieldViolation& violation : refused.field_violations()) {
      text += fmt::format("{}{}: {}", text.empty() ? "refused: " : "; ",
                          violation.field(), violation.description());
    }
    return text;
  }

  bool Report(const std::string& where, const std::string& why) {
    progress_.Clear();
    session_.err << Harmless(fmt::format("{}: {}", where, why), false) << '\n';
    if (!keep_going_) stopped_ = true;
    return keep_going_;
  }

  void Count(const Place& place, const v1::PublishedEvent& event) {
    if (event.duplicate()) {
      ++totals_.duplicates;
    } else {
      ++totals_.published;
    }
    totals_.matched += event.matched();
    if (totals_.first_id == 0) totals_.first_id = event.escmsg_id();
    totals_.last_id = event.escmsg_id();
    totals_.last_place = place;
    if (session_.output != OutputFormat::kJsonLines) return;
    std::string line = "{\"file\":";
    json::AppendString(place.file, &line);
    session_.out
        << line
        << fmt::format(
               ",\"line\":{},\"escmsg_id\":{},\"duplicate\":{},\"matched\":{}}}\n",
               place.line, event.escmsg_id(), event.duplicate(), event.matched());
  }

  const Session& session_;
  const bool keep_going_;
  std::mutex mutex_;
  Progress progress_;
  Totals totals_;
  std::deque<Place> pending_;
  std::int64_t bytes_ = 0;
  bool stopped_ = false;
};

// False: send nothing more, of this file or of another.
bool SendFile(const std::string& name, std::istream& in, PublishLink* link, Run* run) {
  LineReader reader(in);
  bool any = false;
  std::int64_t bytes_before = 0;
  while (std::optional<LineReader::Line> line = reader.Next()) {
    any = true;
    const Place place{name, line->number};
    absl::StatusOr<v1::Event> event =
        line->too_long ? absl::InvalidArgumentError("the line is over 4 MiB")
                       : ParseEventLine(std::move(line->text));
    if (!event.ok()) {
      if (!run->Broken(place, event.status())) return false;
      continue;
    }
    auto request = std::make_shared<v1::PublishEventRequest>();
    *request->mutable_event() = *std::move(event);
    if (!run->Sending(place, reader.bytes_read() - bytes_before)) return false;
    bytes_before = reader.bytes_read();
    if (!link->Send(std::move(request))) return false;
  }
  if (reader.failed()) return run->BrokenFile(name, "cannot be read to its end");
  if (!any)
    return run->BrokenFile(name, "holds no event: a JSON object a line is wanted");
  return true;
}

void SendAll(const Session& session, const PublishOptions& options, PublishLink* link,
             Run* run) {
  for (const std::string& name : options.files) {
    bool more = false;
    if (name == "-") {
      if (::isatty(STDIN_FILENO) == 1) {
        session.err << "Reading events from the terminal, one a line; end with Ctrl-D.\n";
      }
      more = SendFile("standard input", session.in, link, run);
    } else {
      std::ifstream in(name, std::ios::binary);
      struct stat status {};
      const bool is_folder =
          ::stat(name.c_str(), &status) == 0 && S_ISDIR(status.st_mode);
      more = in && !is_folder ? SendFile(name, in, link, run)
                              : run->BrokenFile(name, "cannot be opened as a file");
    }
    if (!more) break;
  }
  link->SendingDone();
}

// 0 where it is not known.
std::int64_t TotalBytes(const std::vector<std::string>& files) {
  std::int64_t total = 0;
  for (const std::string& name : files) {
    struct stat status {};
    if (name == "-" || ::stat(name.c_str(), &status) != 0) return 0;
    if (!S_ISREG(status.st_mode)) return 0;
    total += status.st_size;
  }
  return total;
}

void PrintTotals(const Session& session, const Totals& totals) {
  if (session.output == OutputFormat::kJson) {
    session.out << fmt::format(
        "{{\"published\":{},\"duplicates\":{},\"matched\":{},\"refused\":{},\"broken\":{}"
        ","
        "\"first_escmsg_id\":{},\"last_escmsg_id\":{}}}\n",
        totals.published, totals.duplicates, totals.matched, totals.refused,
        totals.broken, totals.first_id, totals.last_id);
    return;
  }
  if (session.output == OutputFormat::kTable) {
    Table table({"PUBLISHED", "DUPLICATES", "MATCHED", "REFUSED", "BROKEN",
                 "FIRST_ESCMSG_ID", "LAST_ESCMSG_ID"});
    const auto id = [](std::int64_t value) {
      return value == 0 ? std::string("-") : fmt::to_string(value);
    };
    table.Add({fmt::to_string(totals.published), fmt::to_string(totals.duplicates),
               fmt::to_string(totals.matched), fmt::to_string(totals.refused),
               fmt::to_string(totals.broken), id(totals.first_id), id(totals.last_id)});
    table.Print(session.out);
  }
}

int Conclude(const Session& session, const PublishOptions& options,
             const grpc::Status& status, const Totals& totals, const PublishLink& link) {
  PrintTotals(session, totals);
  if (!status.ok()) {
    const int code = Fail(session, "publish", status);
    session.err << fmt::format(
        "Acknowledged up to {}; {} sent after it were not. Publish the rest again: "
        "events with an event_id are not doubled{}.\n",
        totals.last_place.line == 0 ? "nothing" : totals.last_place.ToString(),
        link.unanswered(),
        link.may_double() ? ", but some of these have none, and may be" : "");
    return code;
  }
  if (totals.refused + totals.broken == 0) return kOk;
  session.err << fmt::format("{} published, {} refused, {} broken.\n",
                             totals.published + totals.duplicates, totals.refused,
                             totals.broken);
  return options.keep_going ? kPartly : kFailed;
}

}  // namespace

int Publish(const Session& session, const PublishOptions& options) {
  const std::unique_ptr<v1::EventService::Stub> stub =
      v1::EventService::NewStub(Connect(session));
  PublishLink link(*stub, [&] { return MakeContext(session, /*with_deadline=*/false); });
  Run run(session, options, TotalBytes(options.files));
  std::thread sender([&] { SendAll(session, options, &link, &run); });
  const grpc::Status status = link.Receive(
      [&](const v1::PublishEventResponse& response) { run.Answered(response); },
      [&](const grpc::Status& why, std::size_t unanswered, absl::Duration delay) {
        run.Waits(why, unanswered, delay);
      });
  sender.join();
  return Conclude(session, options, status, run.Finish(), link);
}

}  // namespace windrow::cli
