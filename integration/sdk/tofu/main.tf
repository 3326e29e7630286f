# A stream, a function that reads it, and a lease table, as people write them down.
terraform {
  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = "1.60.0"
    }
  }
}

variable "endpoint" {}

variable "batch" {
  default = 10
}

variable "enabled" {
  default = true
}

provider "aws" {
  region                      = "us-east-1"
  access_key                  = "test"
  secret_key                  = "test"
  skip_credentials_validation = true
  skip_metadata_api_check     = true
  skip_requesting_account_id  = true
  endpoints {
    dynamodb = var.endpoint
    kinesis  = var.endpoint
    lambda   = var.endpoint
  }
}

resource "aws_kinesis_stream" "orders" {
  name             = "orders"
  shard_count      = 1
  retention_period = 48
  tags             = { team = "shop" }
}

resource "aws_lambda_function" "ingest" {
  function_name                  = "ingest"
  filename                       = "code.zip"
  source_code_hash               = filebase64sha256("code.zip")
  handler                        = "bootstrap"
  runtime                        = "go1.x"
  role                           = "arn:aws:iam::000000000000:role/ingest"
  timeout                        = 5
  publish                        = true
  reserved_concurrent_executions = 5
  tags                           = { team = "shop" }
  environment {
    variables = { STAGE = "dev" }
  }
}

resource "aws_lambda_alias" "live" {
  name             = "live"
  function_name    = aws_lambda_function.ingest.arn
  function_version = aws_lambda_function.ingest.version
}

resource "aws_lambda_permission" "events" {
  statement_id  = "events"
  action        = "lambda:InvokeFunction"
  function_name = aws_lambda_function.ingest.function_name
  principal     = "events.amazonaws.com"
}

resource "aws_lambda_event_source_mapping" "orders" {
  event_source_arn  = aws_kinesis_stream.orders.arn
  function_name     = aws_lambda_function.ingest.arn
  starting_position = "TRIM_HORIZON"
  batch_size        = var.batch
  enabled           = var.enabled
}

resource "aws_dynamodb_table" "leases" {
  name         = "leases"
  billing_mode = "PAY_PER_REQUEST"
  hash_key     = "leaseKey"
  tags         = { team = "shop" }
  attribute {
    name = "leaseKey"
    type = "S"
  }
  attribute {
    name = "leaseOwner"
    type = "S"
  }
  global_secondary_index {
    name            = "owners"
    hash_key        = "leaseOwner"
    projection_type = "ALL"
  }
  ttl {
    attribute_name = "expires"
    enabled        = true
  }
}
