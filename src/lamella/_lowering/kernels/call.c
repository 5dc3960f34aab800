/* Room and threads for kernels. */
#include "call.h"

#include <pthread.h>
#include <sched.h>
#include <stdio.h>

const int lamella_lanes = LANES;

static _Thread_local float *room;
static _Thread_local int64_t room_size;
static pthread_key_t at_the_end;
static pthread_once_t once = PTHREAD_ONCE_INIT;

static void free_rooms_at_the_end(void) { pthread_key_create(&at_the_end, free); }

float *scratch(int64_t size) {
  if (size > room_size) {
    pthread_once(&once, free_rooms_at_the_end);
    free(room);
    room_size = size + size / 4 + LANES;
    room = aligned_alloc(64, (room_size * sizeof(float) + 63) / 64 * 64);
    pthread_setspecific(at_the_end, room); /* freed when this thread ends */
    if (room == NULL) {
      fputs("lamella: no memory for a kernel.\n", stderr);
      abort();
    }
  }
  return room;
}

typedef struct {
  atomic_llong next, done;
  atomic_int holders;
  int64_t count;
  Part *part;
  void *arguments;
} Job;

static void let_go(Job *job) {
  if (atomic_fetch_sub(&job->holders, 1) == 1) free(job);
}

static void work(Job *job) {
  int64_t number;
  while ((number = atomic_fetch_add(&job->next, 1)) < job->count) {
    job->part(job->arguments, number);
    atomic_fetch_add(&job->done, 1);
  }
}

static void help(void *data) {
  work((Job *)data);
  let_go((Job *)data);
}

/* Whether XLA did what it was asked; its word on why not is of no use here. */
static int done(XLA_FFI_CallFrame *frame, XLA_FFI_Error *error) {
  if (error == NULL) return 1;
  XLA_FFI_Error_Destroy_Args gone = {0};
  gone.struct_size = XLA_FFI_Error_Destroy_Args_STRUCT_SIZE;
  gone.error = error;
  frame->api->XLA_FFI_Error_Destroy(&gone);
  return 0;
}

static int helped(XLA_FFI_CallFrame *frame, Job *job) {
  XLA_FFI_ThreadPool_Schedule_Args asked = {0};
  asked.struct_size = XLA_FFI_ThreadPool_Schedule_Args_STRUCT_SIZE;
  asked.ctx = frame->ctx;
  asked.task = help;
  asked.data = job;
  return done(frame, frame->api->XLA_FFI_ThreadPool_Schedule(&asked));
}

int64_t threads(XLA_FFI_CallFrame *frame) {
  int64_t count = 1;
  XLA_FFI_ThreadPool_NumThreads_Args asked = {0};
  asked.struct_size = XLA_FFI_ThreadPool_NumThreads_Args_STRUCT_SIZE;
  asked.ctx = frame->ctx;
  asked.num_threads = &count;
  return done(frame, frame->api->XLA_FFI_ThreadPool_NumThreads(&asked)) ? count : 1;
}

/* A thread that starts late finds nothing left to do, and the last one frees the job: nobody waits
   for a thread, only for parts that somebody is at. */
void in_parts(XLA_FFI_CallFrame *frame, int64_t count, Part *part, void *arguments) {
  int64_t helpers = count > 1 ? threads(frame) - 1 : 0;
  if (helpers > count - 1) helpers = count - 1;
  Job *job = helpers > 0 ? malloc(sizeof(Job)) : NULL;
  if (job == NULL) {
    for (int64_t number = 0; number < count; number++) part(arguments, number);
    return;
  }
  atomic_init(&job->next, 0);
  atomic_init(&job->done, 0);
  atomic_init(&job->holders, (int)helpers + 1);
  job->count = count;
  job->part = part;
  job->arguments = arguments;
  for (int64_t helper = 0; helper < helpers; helper++)
    if (!helped(frame, job)) let_go(job);
  work(job);
  for (int64_t turn = 0; atomic_load(&job->done) < count; turn++)
    if (turn > 20000) sched_yield();
  let_go(job);
}
