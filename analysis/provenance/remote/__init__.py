"""Files on storage servers: XRootD, S3, WebDAV, SFTP."""
