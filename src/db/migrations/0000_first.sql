CREATE TYPE "public"."member_role" AS ENUM('OWNER', 'MEMBER');--> statement-breakpoint
CREATE TYPE "public"."room_kind" AS ENUM('PUBLIC', 'PRIVATE');--> statement-breakpoint
CREATE TABLE "client_key" (
	"user_id" uuid NOT NULL,
	"key" text COLLATE "C" NOT NULL,
	"input_hash" text NOT NULL,
	"entity_id" uuid NOT NULL,
	"position" bigint,
	"tag" bigint,
	CONSTRAINT "client_key_user_id_key_pk" PRIMARY KEY("user_id","key")
);
--> statement-breakpoint
CREATE TABLE "event" (
	"position" bigint PRIMARY KEY NOT NULL,
	"tag" bigint NOT NULL,
	"room_id" uuid,
	"user_id" uuid,
	"room_seq" bigint,
	"kind" text NOT NULL,
	"body" jsonb NOT NULL,
	"actor_id" uuid,
	"at" timestamp (3) with time zone NOT NULL
);
--> statement-breakpoint
CREATE TABLE "log_state" (
	"id" smallint PRIMARY KEY DEFAULT 1 NOT NULL,
	"epoch" text NOT NULL,
	"trimmed_position" bigint NOT NULL,
	"trimmed_tag" bigint NOT NULL
);
--> statement-breakpoint
CREATE TABLE "member" (
	"id" uuid PRIMARY KEY NOT NULL,
	"room_id" uuid NOT NULL,
	"user_id" uuid NOT NULL,
	"role" "member_role" NOT NULL,
	"joined_at" timestamp (3) with time zone NOT NULL,
	"joined_position" bigint NOT NULL,
	"left_at" timestamp (3) with time zone,
	"left_position" bigint
);
--> statement-breakpoint
CREATE TABLE "message" (
	"id" uuid PRIMARY KEY NOT NULL,
	"room_id" uuid NOT NULL,
	"author_id" uuid NOT NULL,
	"position" bigint NOT NULL,
	"text" text,
	"client_key" text,
	"sent_at" timestamp (3) with time zone NOT NULL,
	"edited_at" timestamp (3) with time zone,
	"deleted_at" timestamp (3) with time zone,
	"version" integer NOT NULL
);
--> statement-breakpoint
CREATE TABLE "room" (
	"id" uuid PRIMARY KEY NOT NULL,
	"kind" "room_kind" NOT NULL,
	"slug" text COLLATE "C" NOT NULL,
	"name" text NOT NULL,
	"topic" text,
	"version" integer NOT NULL,
	"created_at" timestamp (3) with time zone NOT NULL
);
--> statement-breakpoint
CREATE TABLE "session" (
	"id" uuid PRIMARY KEY NOT NULL,
	"user_id" uuid NOT NULL,
	"token_hash" text NOT NULL,
	"created_at" timestamp (3) with time zone NOT NULL,
	"last_seen_at" timestamp (3) with time zone NOT NULL,
	"expires_at" timestamp (3) with time zone NOT NULL
);
--> statement-breakpoint
CREATE TABLE "user_account" (
	"id" uuid PRIMARY KEY NOT NULL,
	"handle" text COLLATE "C",
	"display_name" text NOT NULL,
	"is_guest" boolean NOT NULL,
	"is_bot" boolean NOT NULL,
	"created_at" timestamp (3) with time zone NOT NULL
);
--> statement-breakpoint
ALTER TABLE "member" ADD CONSTRAINT "member_room_id_room_id_fk" FOREIGN KEY ("room_id") REFERENCES "public"."room"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "member" ADD CONSTRAINT "member_user_id_user_account_id_fk" FOREIGN KEY ("user_id") REFERENCES "public"."user_account"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "session" ADD CONSTRAINT "session_user_id_user_account_id_fk" FOREIGN KEY ("user_id") REFERENCES "public"."user_account"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
CREATE UNIQUE INDEX "event_room_position" ON "event" USING btree ("room_id","position") WHERE room_id IS NOT NULL;--> statement-breakpoint
CREATE INDEX "event_user_position" ON "event" USING btree ("user_id","position") WHERE user_id IS NOT NULL;--> statement-breakpoint
CREATE INDEX "event_server_position" ON "event" USING btree ("position") WHERE room_id IS NULL AND user_id IS NULL;--> statement-breakpoint
CREATE UNIQUE INDEX "member_current" ON "member" USING btree ("room_id","user_id") WHERE left_position IS NULL;--> statement-breakpoint
CREATE INDEX "member_room_joined" ON "member" USING btree ("room_id","joined_position") WHERE left_position IS NULL;--> statement-breakpoint
CREATE INDEX "member_user" ON "member" USING btree ("user_id","room_id");--> statement-breakpoint
CREATE UNIQUE INDEX "message_room_position" ON "message" USING btree ("room_id","position");--> statement-breakpoint
CREATE UNIQUE INDEX "room_slug" ON "room" USING btree ("slug");--> statement-breakpoint
CREATE INDEX "room_public_slug" ON "room" USING btree ("slug") WHERE kind = 'PUBLIC';--> statement-breakpoint
CREATE UNIQUE INDEX "session_token_hash" ON "session" USING btree ("token_hash");--> statement-breakpoint
CREATE INDEX "session_user" ON "session" USING btree ("user_id");--> statement-breakpoint
CREATE UNIQUE INDEX "user_account_handle" ON "user_account" USING btree ("handle");